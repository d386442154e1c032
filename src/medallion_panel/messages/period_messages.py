"""Messages of periods of pages, and of what their figures are compared with."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

PERIOD_MESSAGES: dict[str, Translation] = {
    "Period · {column}": Translation(
        "Période · {column}", "Zeitraum · {column}", "Período · {column}"
    ),
    "All dates": Translation("Toutes les dates", "Alle Daten", "Todas las fechas"),
    "Last 7 days": Translation("7 derniers jours", "Letzte 7 Tage", "Últimos 7 días"),
    "Last 30 days": Translation("30 derniers jours", "Letzte 30 Tage", "Últimos 30 días"),
    "Last 90 days": Translation("90 derniers jours", "Letzte 90 Tage", "Últimos 90 días"),
    "Last 12 months": Translation("12 derniers mois", "Letzte 12 Monate", "Últimos 12 meses"),
    "This month": Translation("Ce mois", "Dieser Monat", "Este mes"),
    "Last month": Translation("Mois dernier", "Letzter Monat", "Mes pasado"),
    "This quarter": Translation("Ce trimestre", "Dieses Quartal", "Este trimestre"),
    "Last quarter": Translation("Trimestre dernier", "Letztes Quartal", "Trimestre pasado"),
    "This year": Translation("Cette année", "Dieses Jahr", "Este año"),
    "Last year": Translation("Année dernière", "Letztes Jahr", "Año pasado"),
    "Year to date": Translation(
        "Depuis le début de l’année", "Seit Jahresbeginn", "Desde principios de año"
    ),
    "Compared with": Translation("Comparé à", "Verglichen mit", "Comparado con"),
    "Compared with: {what}": Translation(
        "Comparé à : {what}", "Verglichen mit: {what}", "Comparado con: {what}"
    ),
    "Nothing": Translation("Rien", "Nichts", "Nada"),
    "The period before": Translation(
        "La période précédente", "Dem Zeitraum davor", "El período anterior"
    ),
    "The same period last year": Translation(
        "La même période l’an dernier",
        "Demselben Zeitraum im Vorjahr",
        "El mismo período del año anterior",
    ),
    "Release {release}": Translation("Version {release}", "Release {release}", "Versión {release}"),
    "Choose a period to compare it with another one": Translation(
        "Choisir une période pour la comparer à une autre",
        "Einen Zeitraum wählen, um ihn mit einem anderen zu vergleichen",
        "Elija un período para compararlo con otro",
    ),
    "This page has no period “{name}”.": Translation(
        "Cette page n’a pas de période « {name} ».",
        "Diese Seite hat keinen Zeitraum „{name}“.",
        "Esta página no tiene el período «{name}».",
    ),
    "This page has no period “{name}”: choose {names}.": Translation(
        "Cette page n’a pas de période « {name} » : choisir {names}.",
        "Diese Seite hat keinen Zeitraum „{name}“: wählbar sind {names}.",
        "Esta página no tiene el período «{name}»: elija {names}.",
    ),
    "This page cannot be compared with “{name}”.": Translation(
        "Cette page ne peut pas être comparée à « {name} ».",
        "Diese Seite kann nicht mit „{name}“ verglichen werden.",
        "Esta página no se puede comparar con «{name}».",
    ),
    "This page has no period of {column}: {reason}.": Translation(
        "Cette page n’a pas de période de {column} : {reason}.",
        "Diese Seite hat keinen Zeitraum von {column}: {reason}.",
        "Esta página no tiene período de {column}: {reason}.",
    ),
    "a column of kind {kind} has no dates": Translation(
        "une colonne de type {kind} n’a pas de dates",
        "eine Spalte vom Typ {kind} hat keine Daten",
        "una columna de tipo {kind} no tiene fechas",
    ),
    "its values are not all days, weeks, months, quarters or years": Translation(
        "ses valeurs ne sont pas toutes des jours, semaines, mois, trimestres ou années",
        "ihre Werte sind nicht alle Tage, Wochen, Monate, Quartale oder Jahre",
        "sus valores no son todos días, semanas, meses, trimestres o años",
    ),
    "Target": Translation("Objectif", "Ziel", "Objetivo"),
    "{percent} of the target {target}": Translation(
        "{percent} de l’objectif {target}",
        "{percent} des Ziels {target}",
        "{percent} del objetivo {target}",
    ),
    "Annotations": Translation("Annotations", "Anmerkungen", "Anotaciones"),
    "Shown": Translation("Affichées", "Angezeigt", "Visibles"),
    "Hidden": Translation("Masquées", "Ausgeblendet", "Ocultas"),
    "Run failed: {reason}": Translation(
        "Échec de l’exécution : {reason}",
        "Lauf fehlgeschlagen: {reason}",
        "Ejecución fallida: {reason}",
    ),
    "Drift of {table}: {drift}": Translation(
        "Dérive de {table} : {drift}", "Drift von {table}: {drift}", "Deriva de {table}: {drift}"
    ),
    "unchanged": Translation("inchangé", "unverändert", "sin cambios"),
    "No figure in {period}": Translation(
        "Aucun chiffre pour {period}", "Keine Zahl für {period}", "Ninguna cifra en {period}"
    ),
    "No figures in {period}.": Translation(
        "Aucun chiffre pour {period}.", "Keine Zahlen für {period}.", "Ninguna cifra en {period}."
    ),
    "{count} figure of {period} is not drawn: it has no counterpart. | "
    "{count} figures of {period} are not drawn: they have no counterpart.": Translation(
        "{count} chiffre de {period} n’est pas affiché : il n’a pas de pendant. | "
        "{count} chiffres de {period} ne sont pas affichés : ils n’ont pas de pendant.",
        "{count} Zahl von {period} ist nicht gezeichnet: Sie hat kein Gegenstück. | "
        "{count} Zahlen von {period} sind nicht gezeichnet: Sie haben kein Gegenstück.",
        "{count} cifra de {period} no se dibuja: no tiene equivalente. | "
        "{count} cifras de {period} no se dibujan: no tienen equivalente.",
    ),
    "Not compared: the figures of its series cannot be combined.": Translation(
        "Non comparé : les chiffres de ses séries ne peuvent pas être combinés.",
        "Nicht verglichen: Die Zahlen der Reihen lassen sich nicht zusammenfassen.",
        "Sin comparar: las cifras de sus series no se pueden combinar.",
    ),
    "{column}, compared": Translation(
        "{column}, comparé", "{column}, Vergleich", "{column}, comparado"
    ),
}
