"""Messages of pages, their filters, status and tables."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

PAGE_MESSAGES: dict[str, Translation] = {
    "Resize the menu": Translation(
        "Redimensionner le menu", "Breite des Menüs ändern", "Cambiar el ancho del menú"
    ),
    "Menu": Translation("Menu", "Menü", "Menú"),
    "Pages": Translation("Pages", "Seiten", "Páginas"),
    "Tabs": Translation("Onglets", "Registerkarten", "Pestañas"),
    "This page has no tab “{name}”.": Translation(
        "Cette page n’a pas d’onglet « {name} ».",
        "Diese Seite hat keine Registerkarte „{name}“.",
        "Esta página no tiene la pestaña «{name}».",
    ),
    "Not printed: open this tab first, or print with Ctrl+P.": Translation(
        "Non imprimé : ouvrez d’abord cet onglet, ou imprimez avec Ctrl+P.",
        "Nicht gedruckt: erst diese Registerkarte öffnen, oder mit Strg+P drucken.",
        "No impreso: abra antes esta pestaña o imprima con Ctrl+P.",
    ),
    "Reading the release …": Translation(
        "Lecture de la version …", "Das Release wird gelesen …", "Leyendo la versión …"
    ),
    "There is no page “{name}”; this is the first one.": Translation(
        "La page « {name} » n’existe pas ; voici la première.",
        "Es gibt keine Seite „{name}“; dies ist die erste.",
        "No existe la página «{name}»; esta es la primera.",
    ),
    "This page could not be drawn; see the server's log.": Translation(
        "Cette page n’a pas pu être affichée ; voir le journal du serveur.",
        "Diese Seite konnte nicht angezeigt werden; siehe Protokoll des Servers.",
        "No se pudo mostrar esta página; consulte el registro del servidor.",
    ),
    "This could not be drawn; see the server's log.": Translation(
        "Ceci n’a pas pu être affiché ; voir le journal du serveur.",
        "Dies konnte nicht angezeigt werden; siehe Protokoll des Servers.",
        "Esto no se pudo mostrar; consulte el registro del servidor.",
    ),
    "There is nothing to show yet. {reason}": Translation(
        "Il n’y a encore rien à afficher. {reason}",
        "Es gibt noch nichts anzuzeigen. {reason}",
        "Todavía no hay nada que mostrar. {reason}",
    ),
    "No rows match these filters.": Translation(
        "Aucune ligne ne correspond à ces filtres.",
        "Keine Zeilen passen zu diesen Filtern.",
        "Ninguna fila coincide con estos filtros.",
    ),
    "There is nothing to show.": Translation(
        "Il n’y a rien à afficher.", "Es gibt nichts anzuzeigen.", "No hay nada que mostrar."
    ),
    "Not filtered by {names}.": Translation(
        "Non filtré par {names}.", "Nicht gefiltert nach {names}.", "Sin filtrar por {names}."
    ),
    # Filters
    "Clear filters": Translation("Effacer les filtres", "Filter löschen", "Borrar filtros"),
    "All": Translation("Tous", "Alle", "Todos"),
    "Search": Translation("Rechercher", "Suchen", "Buscar"),
    "Nothing found": Translation("Aucun résultat", "Nichts gefunden", "Sin resultados"),
    "Remove the filter": Translation("Retirer le filtre", "Filter entfernen", "Quitar el filtro"),
    "{column} contains": Translation("{column} contient", "{column} enthält", "{column} contiene"),
    "{column} has no value {value}": Translation(
        "{column} n’a pas la valeur {value}",
        "{column} hat keinen Wert {value}",
        "{column} no tiene el valor {value}",
    ),
    "{column}: {text} is not a range such as 10..20": Translation(
        "{column} : {text} n’est pas un intervalle tel que 10..20",
        "{column}: {text} ist kein Bereich wie 10..20",
        "{column}: {text} no es un intervalo como 10..20",
    ),
    "{column}: the range from {low} to {high} is empty": Translation(
        "{column} : l’intervalle de {low} à {high} est vide",
        "{column}: Der Bereich von {low} bis {high} ist leer",
        "{column}: el intervalo de {low} a {high} está vacío",
    ),
    "none of its tables has this column": Translation(
        "aucune de ses tables n’a cette colonne",
        "keine ihrer Tabellen hat diese Spalte",
        "ninguna de sus tablas tiene esta columna",
    ),
    "a column of kind {kind} cannot have a {form} filter": Translation(
        "une colonne de type {kind} ne peut pas avoir un filtre {form}",
        "eine Spalte der Art {kind} kann keinen Filter {form} haben",
        "una columna de tipo {kind} no puede tener un filtro {form}",
    ),
    "{column} has more than {most} values: it is filtered by a {form}.": Translation(
        "{column} a plus de {most} valeurs : filtre de type {form}.",
        "{column} hat mehr als {most} Werte: Der Filter ist {form}.",
        "{column} tiene más de {most} valores: el filtro es {form}.",
    ),
    "This page is not filtered by {column}: {reason}.": Translation(
        "Cette page n’est pas filtrée par {column} : {reason}.",
        "Diese Seite wird nicht nach {column} gefiltert: {reason}.",
        "Esta página no se filtra por {column}: {reason}.",
    ),
    "This page has no filter “{name}”.": Translation(
        "Cette page n’a pas de filtre « {name} ».",
        "Diese Seite hat keinen Filter „{name}“.",
        "Esta página no tiene el filtro «{name}».",
    ),
    "first day": Translation("premier jour", "erster Tag", "primer día"),
    "last day": Translation("dernier jour", "letzter Tag", "último día"),
    "Calendar": Translation("Calendrier", "Kalender", "Calendario"),
    "This is not a date": Translation(
        "Ce n’est pas une date", "Das ist kein Datum", "Esto no es una fecha"
    ),
    "from {value}": Translation("à partir de {value}", "ab {value}", "desde {value}"),
    "above {value}": Translation("au-dessus de {value}", "über {value}", "más de {value}"),
    "to {value}": Translation("jusqu’à {value}", "bis {value}", "hasta {value}"),
    "before {value}": Translation("avant {value}", "vor {value}", "antes de {value}"),
    "contains {value}": Translation("contient {value}", "enthält {value}", "contiene {value}"),
    "no value": Translation("sans valeur", "kein Wert", "sin valor"),
    "any value": Translation("toute valeur", "irgendein Wert", "cualquier valor"),
    "{name} · release {release}, published {moment}": Translation(
        "{name} · version {release}, publiée le {moment}",
        "{name} · Release {release}, veröffentlicht {moment}",
        "{name} · versión {release}, publicada el {moment}",
    ),
    "Filters: {names}": Translation("Filtres : {names}", "Filter: {names}", "Filtros: {names}"),
    "No filters": Translation("Aucun filtre", "Keine Filter", "Sin filtros"),
    "{low} to {high}": Translation("{low} à {high}", "{low} bis {high}", "{low} a {high}"),
    # Status
    "Looking for a release …": Translation(
        "Recherche d’une version …", "Ein Release wird gesucht …", "Buscando una versión …"
    ),
    "published {age} · release {release}": Translation(
        "publié {age} · version {release}",
        "veröffentlicht {age} · Release {release}",
        "publicada {age} · versión {release}",
    ),
    "Stale: published {age} · release {release}": Translation(
        "Ancien : publié {age} · version {release}",
        "Veraltet: veröffentlicht {age} · Release {release}",
        "Antigua: publicada {age} · versión {release}",
    ),
    "Release {release} of run {run}, {moment}": Translation(
        "Version {release} de l’exécution {run}, {moment}",
        "Release {release} des Laufs {run}, {moment}",
        "Versión {release} de la ejecución {run}, {moment}",
    ),
    "On hold since {age} · release {release}": Translation(
        "En attente depuis {age} · version {release}",
        "Angehalten seit {age} · Release {release}",
        "En espera desde {age} · versión {release}",
    ),
    "Runs publish nothing since {moment}. Release {release} is shown.": Translation(
        "Les exécutions ne publient rien depuis le {moment}. La version {release} est affichée.",
        "Läufe veröffentlichen nichts seit {moment}. Release {release} wird gezeigt.",
        "Las ejecuciones no publican nada desde el {moment}. Se muestra la versión {release}.",
    ),
    "Last run failed, since {age}: {reason} · release {release} is shown": Translation(
        "Dernière exécution en échec, depuis {age} : {reason} · version {release} affichée",
        "Letzter Lauf fehlgeschlagen, seit {age}: {reason} · Release {release} wird gezeigt",
        "La última ejecución falló, desde {age}: {reason} · se muestra la versión {release}",
    ),
    "Run {run} failed: {reason}. No run has succeeded since {moment}. "
    "Release {release} is shown, published {age}.": Translation(
        "L’exécution {run} a échoué : {reason}. Aucune n’a réussi depuis le {moment}. "
        "La version {release} est affichée, publiée {age}.",
        "Lauf {run} ist fehlgeschlagen: {reason}. Seit {moment} war kein Lauf erfolgreich. "
        "Release {release} wird gezeigt, veröffentlicht {age}.",
        "La ejecución {run} falló: {reason}. Ninguna ha terminado bien desde el {moment}. "
        "Se muestra la versión {release}, publicada {age}.",
    ),
    "Store unreachable: showing the last figures": Translation(
        "Base injoignable : derniers chiffres connus",
        "Datenbank nicht erreichbar: die letzten Zahlen",
        "Base de datos inaccesible: últimas cifras",
    ),
    "Nothing to show yet": Translation(
        "Encore rien à afficher", "Noch nichts anzuzeigen", "Todavía nada que mostrar"
    ),
    "The published release is shown: {reason}": Translation(
        "La version publiée est affichée : {reason}",
        "Das veröffentlichte Release wird gezeigt: {reason}",
        "Se muestra la versión publicada: {reason}",
    ),
    "This is release {release}, and not necessarily the published one.": Translation(
        "Voici la version {release}, qui n’est pas forcément celle publiée.",
        "Dies ist Release {release}, nicht unbedingt das veröffentlichte.",
        "Esta es la versión {release}, no necesariamente la publicada.",
    ),
    "This is the candidate “{name}”. It is not published.": Translation(
        "Voici la candidate « {name} ». Elle n’est pas publiée.",
        "Dies ist der Kandidat „{name}“. Er ist nicht veröffentlicht.",
        "Esta es la candidata «{name}». No está publicada.",
    ),
    "It did not pass: {gates}.": Translation(
        "Elle n’a pas passé : {gates}.", "Nicht bestanden: {gates}.", "No ha superado: {gates}."
    ),
    "Connection to the server lost: this page may be out of date. Reconnecting …": Translation(
        "Connexion au serveur perdue : cette page peut être périmée. Reconnexion …",
        "Verbindung zum Server verloren: Diese Seite ist eventuell veraltet. Neu verbinden …",
        "Se perdió la conexión con el servidor: esta página puede estar desactualizada. "
        "Reconectando …",
    ),
    # Tables
    "Previous page": Translation("Page précédente", "Vorherige Seite", "Página anterior"),
    "Next page": Translation("Page suivante", "Nächste Seite", "Página siguiente"),
    "Close this row": Translation(
        "Fermer cette ligne", "Diese Zeile schließen", "Cerrar esta fila"
    ),
    "{first}–{last} of {total}": Translation(
        "{first}–{last} sur {total}", "{first}–{last} von {total}", "{first}–{last} de {total}"
    ),
    "CSV for spreadsheets": Translation(
        "CSV pour tableurs", "CSV für Tabellenkalkulation", "CSV para hojas de cálculo"
    ),
    "All rows that match the filters, as {form}": Translation(
        "Toutes les lignes qui correspondent aux filtres, en {form}",
        "Alle Zeilen, die zu den Filtern passen, als {form}",
        "Todas las filas que coinciden con los filtros, como {form}",
    ),
    "All rows that match the filters, as {form}; columns: {names}": Translation(
        "Toutes les lignes qui correspondent aux filtres, en {form} ; colonnes : {names}",
        "Alle Zeilen, die zu den Filtern passen, als {form}; Spalten: {names}",
        "Todas las filas que coinciden con los filtros, como {form}; columnas: {names}",
    ),
    "{some} of {all} columns": Translation(
        "{some} colonnes sur {all}", "{some} von {all} Spalten", "{some} de {all} columnas"
    ),
    "Show all columns": Translation(
        "Afficher toutes les colonnes", "Alle Spalten zeigen", "Mostrar todas las columnas"
    ),
    "This table has no column {names}": Translation(
        "Cette table n’a pas de colonne {names}",
        "Diese Tabelle hat keine Spalte {names}",
        "Esta tabla no tiene ninguna columna {names}",
    ),
    "The page of a table is a number from 1 to {most}, not {value}": Translation(
        "La page d’une table est un nombre de 1 à {most}, pas {value}",
        "Die Seite einer Tabelle ist eine Zahl von 1 bis {most}, nicht {value}",
        "La página de una tabla es un número de 1 a {most}, no {value}",
    ),
    "This table cannot be sorted by {column}": Translation(
        "Cette table ne peut pas être triée par {column}",
        "Diese Tabelle kann nicht nach {column} sortiert werden",
        "Esta tabla no se puede ordenar por {column}",
    ),
    "There is no row {key} in this release.": Translation(
        "Il n’y a pas de ligne {key} dans cette version.",
        "Es gibt keine Zeile {key} in diesem Release.",
        "No hay ninguna fila {key} en esta versión.",
    ),
    "Use these rows in code": Translation(
        "Utiliser ces lignes dans du code", "Diese Zeilen im Code verwenden", "Usar en código"
    ),
    "SQL on the lake, in DuckDB": Translation(
        "SQL sur le lac, dans DuckDB", "SQL auf dem Lake, in DuckDB", "SQL sobre el lago, en DuckDB"
    ),
    "{count} group | {count} groups": Translation(
        "{count} groupe | {count} groupes",
        "{count} Gruppe | {count} Gruppen",
        "{count} grupo | {count} grupos",
    ),
    "The first {count} groups; the files have all of them": Translation(
        "Les {count} premiers groupes ; les fichiers les contiennent tous",
        "Die ersten {count} Gruppen; die Dateien enthalten alle",
        "Los primeros {count} grupos; los archivos los contienen todos",
    ),
    "All groups that match the filters, as {form}": Translation(
        "Tous les groupes qui correspondent aux filtres, en {form}",
        "Alle Gruppen, die zu den Filtern passen, als {form}",
        "Todos los grupos que coinciden con los filtros, como {form}",
    ),
    "Copy": Translation("Copier", "Kopieren", "Copiar"),
    "Copied": Translation("Copié", "Kopiert", "Copiado"),
    "curl, with medallion serve running": Translation(
        "curl, avec medallion serve lancé",
        "curl, während medallion serve läuft",
        "curl, con medallion serve en marcha",
    ),
    # Pages that are made by themselves
    "Data quality": Translation("Qualité des données", "Datenqualität", "Calidad de los datos"),
    "Freshness": Translation("Fraîcheur", "Aktualität", "Actualidad"),
    "Changes since the release before": Translation(
        "Changements depuis la version précédente",
        "Änderungen seit dem vorigen Release",
        "Cambios desde la versión anterior",
    ),
    "Past runs": Translation("Exécutions passées", "Bisherige Läufe", "Ejecuciones anteriores"),
    "Data": Translation("Données", "Daten", "Datos"),
    "Overview": Translation("Vue d'ensemble", "Übersicht", "Resumen"),
    "Quarantine": Translation("Quarantaine", "Quarantäne", "Cuarentena"),
    "Rejected records": Translation(
        "Enregistrements rejetés", "Abgelehnte Datensätze", "Registros rechazados"
    ),
    "Distribution of {column}": Translation(
        "Répartition de {column}", "Verteilung von {column}", "Distribución de {column}"
    ),
}
