"""Messages of charts and figures."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

CHART_MESSAGES: dict[str, Translation] = {
    "Rows behind": Translation("Lignes sources", "Zeilen dahinter", "Filas de origen"),
    "{label}: show the rows behind": Translation(
        "{label} : afficher les lignes sources",
        "{label}: Zeilen dahinter zeigen",
        "{label}: mostrar las filas de origen",
    ),
    "Rows behind this row": Translation(
        "Lignes sources de cette ligne", "Zeilen hinter dieser Zeile", "Origen de esta fila"
    ),
    "Click to filter": Translation(
        "Cliquer pour filtrer", "Klicken zum Filtern", "Clic para filtrar"
    ),
    "Click to filter, Shift-click for the rows behind": Translation(
        "Cliquer pour filtrer, Maj-clic pour les lignes sources",
        "Klicken zum Filtern, Umschalt-Klick für die Zeilen dahinter",
        "Clic para filtrar, Mayús-clic para las filas de origen",
    ),
    "Arrow keys move through its parts": Translation(
        "Les flèches parcourent ses parties",
        "Pfeiltasten gehen durch die Teile",
        "Las flechas recorren sus partes",
    ),
    "Figures as a table": Translation(
        "Chiffres en tableau", "Zahlen als Tabelle", "Cifras en una tabla"
    ),
    "Figures as a chart": Translation(
        "Chiffres en graphique", "Zahlen als Diagramm", "Cifras en un gráfico"
    ),
    "Figures as {form}": Translation("Chiffres en {form}", "Zahlen als {form}", "Cifras en {form}"),
    "Figures of {title}": Translation(
        "Chiffres de {title}", "Zahlen von {title}", "Cifras de {title}"
    ),
    "The first {most} of {count} rows; the files have all.": Translation(
        "Les {most} premières lignes sur {count} ; les fichiers les ont toutes.",
        "Die ersten {most} von {count} Zeilen; die Dateien haben alle.",
        "Las primeras {most} de {count} filas; los archivos las tienen todas.",
    ),
    "{column} from": Translation("{column} de", "{column} von", "{column} desde"),
    "{column} before": Translation("{column} avant", "{column} bis unter", "{column} antes de"),
    "of": Translation("sur", "von", "de"),
    "Shares of the rows filtered by {names}, not of all rows.": Translation(
        "Parts des lignes filtrées par {names}, non de toutes les lignes.",
        "Anteile an den nach {names} gefilterten Zeilen, nicht an allen.",
        "Proporciones de las filas filtradas por {names}, no de todas.",
    ),
    "Changes of the rows filtered by {names}, not of all rows.": Translation(
        "Évolution des lignes filtrées par {names}, non de toutes les lignes.",
        "Veränderung der nach {names} gefilterten Zeilen, nicht aller Zeilen.",
        "Variación de las filas filtradas por {names}, no de todas.",
    ),
    "The target is for all rows, the figure for those filtered by {names}.": Translation(
        "L’objectif vaut pour toutes les lignes, le chiffre pour celles filtrées par {names}.",
        "Das Ziel gilt für alle Zeilen, der Wert für die nach {names} gefilterten.",
        "El objetivo es para todas las filas; la cifra, para las filtradas por {names}.",
    ),
    "{count} more chart is not drawn, with a smaller figure. | "
    "{count} more charts are not drawn, with smaller figures.": Translation(
        "{count} autre graphique, à la valeur plus petite, n’est pas dessiné. | "
        "{count} autres graphiques, aux valeurs plus petites, ne sont pas dessinés.",
        "{count} weiteres Diagramm mit kleinerem Wert ist nicht gezeichnet. | "
        "{count} weitere Diagramme mit kleineren Werten sind nicht gezeichnet.",
        "{count} gráfico más, con un valor menor, no se dibuja. | "
        "{count} gráficos más, con valores menores, no se dibujan.",
    ),
    "up": Translation("hausse", "gestiegen", "sube"),
    "down": Translation("baisse", "gefallen", "baja"),
    "on {period}": Translation("par rapport à {period}", "gegenüber {period}", "frente a {period}"),
    "Average of {window}": Translation(
        "Moyenne de {window}", "Durchschnitt von {window}", "Media de {window}"
    ),
    "no country": Translation("sans pays", "kein Land", "sin país"),
    "Not on the map: {names}": Translation(
        "Pas sur la carte : {names}", "Nicht auf der Karte: {names}", "Fuera del mapa: {names}"
    ),
    "{names} is not over yet. | {names} are not over yet.": Translation(
        "{names} : pas encore terminé. | {names} : pas encore terminés.",
        "{names} ist noch nicht vorbei. | {names} sind noch nicht vorbei.",
        "{names} aún no ha terminado. | {names} aún no han terminado.",
    ),
    "{names} is not over yet, and left out of the comparison. | "
    "{names} are not over yet, and left out of the comparison.": Translation(
        "{names} : pas encore terminé, exclu de la comparaison. | "
        "{names} : pas encore terminés, exclus de la comparaison.",
        "{names} ist noch nicht vorbei und nicht im Vergleich. | "
        "{names} sind noch nicht vorbei und nicht im Vergleich.",
        "{names} aún no ha terminado y queda fuera de la comparación. | "
        "{names} aún no han terminado y quedan fuera de la comparación.",
    ),
    "The line shows the last {most} periods.": Translation(
        "La courbe montre les {most} dernières périodes.",
        "Die Linie zeigt die letzten {most} Perioden.",
        "La línea muestra los últimos {most} períodos.",
    ),
    "{rows} rows without a finite {column} are not counted.": Translation(
        "{rows} lignes sans {column} fini ne sont pas comptées.",
        "{rows} Zeilen ohne endlichen Wert in {column} werden nicht gezählt.",
        "{rows} filas sin {column} finito no se cuentan.",
    ),
    "{rows} rows without a finite {x} or {y} are not drawn.": Translation(
        "{rows} lignes sans {x} ou {y} fini ne sont pas tracées.",
        "{rows} Zeilen ohne endlichen Wert in {x} oder {y} werden nicht gezeichnet.",
        "{rows} filas sin {x} o {y} finito no se dibujan.",
    ),
    "Infinite values are not drawn.": Translation(
        "Les valeurs infinies ne sont pas tracées.",
        "Unendliche Werte werden nicht gezeichnet.",
        "Los valores infinitos no se dibujan.",
    ),
    "Only the {most} largest figures are drawn.": Translation(
        "Seuls les {most} plus grands chiffres sont tracés.",
        "Nur die {most} größten Zahlen werden gezeichnet.",
        "Solo se dibujan las {most} cifras mayores.",
    ),
    "Only the {most} largest figures are read.": Translation(
        "Seuls les {most} plus grands chiffres sont lus.",
        "Nur die {most} größten Zahlen werden gelesen.",
        "Solo se leen las {most} cifras mayores.",
    ),
    "Rows without {column} are not drawn.": Translation(
        "Les lignes sans {column} ne sont pas tracées.",
        "Zeilen ohne {column} werden nicht gezeichnet.",
        "Las filas sin {column} no se dibujan.",
    ),
    "{column} by day: there are too many values to draw each.": Translation(
        "{column} par jour : trop de valeurs pour les tracer toutes.",
        "{column} nach Tagen: zu viele Werte, um jeden zu zeichnen.",
        "{column} por día: hay demasiados valores para dibujarlos todos.",
    ),
    "{column} by month: there are too many values to draw each.": Translation(
        "{column} par mois : trop de valeurs pour les tracer toutes.",
        "{column} nach Monaten: zu viele Werte, um jeden zu zeichnen.",
        "{column} por mes: hay demasiados valores para dibujarlos todos.",
    ),
    "{column} by year: there are too many values to draw each.": Translation(
        "{column} par an : trop de valeurs pour les tracer toutes.",
        "{column} nach Jahren: zu viele Werte, um jeden zu zeichnen.",
        "{column} por año: hay demasiados valores para dibujarlos todos.",
    ),
    "{column} in steps of {width}: there are too many values to draw each.": Translation(
        "{column} par pas de {width} : trop de valeurs pour les tracer toutes.",
        "{column} in Schritten von {width}: zu viele Werte, um jeden zu zeichnen.",
        "{column} en pasos de {width}: hay demasiados valores para dibujarlos todos.",
    ),
    "{rest} more series are not drawn: their figures cannot be combined.": Translation(
        "{rest} autres séries ne sont pas tracées : leurs chiffres ne se combinent pas.",
        "{rest} weitere Reihen fehlen: Ihre Zahlen lassen sich nicht zusammenfassen.",
        "{rest} series más no se dibujan: sus cifras no se pueden combinar.",
    ),
    "The first {limit} of {total}; {rest} more are not drawn.": Translation(
        "Les {limit} premiers sur {total} ; {rest} autres ne sont pas tracés.",
        "Die ersten {limit} von {total}; {rest} weitere werden nicht gezeichnet.",
        "Los primeros {limit} de {total}; {rest} más no se dibujan.",
    ),
    "Growth needs at least two periods that are over.": Translation(
        "La croissance demande au moins deux périodes terminées.",
        "Wachstum braucht mindestens zwei vergangene Perioden.",
        "El crecimiento necesita al menos dos períodos terminados.",
    ),
    "An average of {window} needs at least as many values.": Translation(
        "Une moyenne de {window} demande au moins autant de valeurs.",
        "Ein Durchschnitt von {window} braucht mindestens so viele Werte.",
        "Una media de {window} necesita al menos tantos valores.",
    ),
    "Not coloured by {column}: there are too many points to draw each.": Translation(
        "Non coloré par {column} : trop de points pour les tracer tous.",
        "Nicht nach {column} gefärbt: zu viele Punkte, um jeden zu zeichnen.",
        "Sin colorear por {column}: hay demasiados puntos para dibujarlos todos.",
    ),
    "rows per cell, because there are too many points to draw each": Translation(
        "lignes par case, car il y a trop de points pour les tracer tous",
        "Zeilen je Feld, weil es zu viele Punkte sind, um jeden zu zeichnen",
        "filas por celda, porque hay demasiados puntos para dibujarlos todos",
    ),
    "More than {most} rows need numeric columns, and {column} is of type {kind}: "
    "select fewer rows with the filters.": Translation(
        "Plus de {most} lignes demandent des colonnes numériques, et {column} est de type {kind} : "
        "choisissez moins de lignes avec les filtres.",
        "Mehr als {most} Zeilen brauchen Zahlenspalten, und {column} ist vom Typ {kind}: "
        "Wählen Sie mit den Filtern weniger Zeilen.",
        "Más de {most} filas requieren columnas numéricas, y {column} es de tipo {kind}: "
        "elija menos filas con los filtros.",
    ),
}
