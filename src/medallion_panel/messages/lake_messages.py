"""Messages of the blocks on the lake: quality, freshness, runs, changes and speed."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

LAKE_MESSAGES: dict[str, Translation] = {
    "Warning: {rule}": Translation(
        "Avertissement : {rule}", "Warnung: {rule}", "Advertencia: {rule}"
    ),
    "Rows in": Translation("Lignes lues", "Gelesene Zeilen", "Filas leídas"),
    "Kept": Translation("Gardé", "Behalten", "Conservado"),
    "Deduplicated": Translation("Dédupliqué", "Dedupliziert", "Deduplicado"),
    "Dropped": Translation("Écarté", "Verworfen", "Descartado"),
    "Quarantined": Translation("En quarantaine", "In Quarantäne", "En cuarentena"),
    "Warned": Translation("Avertissements", "Mit Warnung", "Con advertencia"),
    "All rows of all tables were kept.": Translation(
        "Toutes les lignes de toutes les tables ont été gardées.",
        "Alle Zeilen aller Tabellen wurden behalten.",
        "Se conservaron todas las filas de todas las tablas.",
    ),
    "and {rest} more rules": Translation(
        "et {rest} autres règles", "und {rest} weitere Regeln", "y {rest} reglas más"
    ),
    "{share} kept": Translation("{share} gardées", "{share} behalten", "{share} conservadas"),
    "{share} kept, {warned} with a warning": Translation(
        "{share} gardées, {warned} avec avertissement",
        "{share} behalten, {warned} mit Warnung",
        "{share} conservadas, {warned} con advertencia",
    ),
    "Last computed": Translation("Dernier calcul", "Zuletzt berechnet", "Último cálculo"),
    "Last file arrived": Translation(
        "Dernier fichier reçu", "Letzte Datei eingetroffen", "Último archivo recibido"
    ),
    "Release {release} was published {age} by run {run}.": Translation(
        "La version {release} a été publiée {age} par l’exécution {run}.",
        "Release {release} wurde {age} von Lauf {run} veröffentlicht.",
        "La versión {release} fue publicada {age} por la ejecución {run}.",
    ),
    "There is no release before this one in the lake.": Translation(
        "Il n’y a pas de version antérieure dans le lac.",
        "Im Lake gibt es kein früheres Release.",
        "No hay ninguna versión anterior en el lago.",
    ),
    "release {release} was replaced; reload the page": Translation(
        "la version {release} a été remplacée ; rechargez la page",
        "Release {release} wurde ersetzt; laden Sie die Seite neu",
        "la versión {release} fue sustituida; recargue la página",
    ),
    "Release {before} → {after}": Translation(
        "Version {before} → {after}", "Release {before} → {after}", "Versión {before} → {after}"
    ),
    "No differences in {count} table | No differences in {count} tables": Translation(
        "Aucune différence dans {count} table | Aucune différence dans {count} tables",
        "Keine Unterschiede in {count} Tabelle | Keine Unterschiede in {count} Tabellen",
        "Sin diferencias en {count} tabla | Sin diferencias en {count} tablas",
    ),
    "{count} of {total} tables differs | {count} of {total} tables differ": Translation(
        "{count} table sur {total} diffère | {count} tables sur {total} diffèrent",
        "{count} von {total} Tabellen unterscheidet sich | "
        "{count} von {total} Tabellen unterscheiden sich",
        "{count} de {total} tablas difiere | {count} de {total} tablas difieren",
    ),
    "Rows before": Translation("Lignes avant", "Zeilen vorher", "Filas antes"),
    "Rows after": Translation("Lignes après", "Zeilen nachher", "Filas después"),
    "Changed": Translation("Modifiées", "Geändert", "Cambiadas"),
    "Added": Translation("Ajoutées", "Neu", "Añadidas"),
    "Removed": Translation("Supprimées", "Entfernt", "Eliminadas"),
    "{count} row changed | {count} rows changed": Translation(
        "{count} ligne modifiée | {count} lignes modifiées",
        "{count} Zeile geändert | {count} Zeilen geändert",
        "{count} fila cambiada | {count} filas cambiadas",
    ),
    "{count} row added | {count} rows added": Translation(
        "{count} ligne ajoutée | {count} lignes ajoutées",
        "{count} neue Zeile | {count} neue Zeilen",
        "{count} fila añadida | {count} filas añadidas",
    ),
    "{count} row removed | {count} rows removed": Translation(
        "{count} ligne supprimée | {count} lignes supprimées",
        "{count} Zeile entfernt | {count} Zeilen entfernt",
        "{count} fila eliminada | {count} filas eliminadas",
    ),
    "new table": Translation("nouvelle table", "neue Tabelle", "tabla nueva"),
    "table removed": Translation("table supprimée", "Tabelle entfernt", "tabla eliminada"),
    "no row differs": Translation(
        "aucune ligne ne diffère", "keine Zeile unterscheidet sich", "ninguna fila difiere"
    ),
    "changed": Translation("modifiée", "geändert", "cambiada"),
    "added": Translation("ajoutée", "neu", "añadida"),
    "removed": Translation("supprimée", "entfernt", "eliminada"),
    "Cause: {cause}": Translation("Cause : {cause}", "Ursache: {cause}", "Causa: {cause}"),
    "Sum of {column}: {change}": Translation(
        "Somme de {column} : {change}", "Summe von {column}: {change}", "Suma de {column}: {change}"
    ),
    "Column {name}: new, {type}": Translation(
        "Colonne {name} : nouvelle, {type}",
        "Spalte {name}: neu, {type}",
        "Columna {name}: nueva, {type}",
    ),
    "Column {name}: removed": Translation(
        "Colonne {name} : supprimée", "Spalte {name}: entfernt", "Columna {name}: eliminada"
    ),
    "Column {name}: {change}": Translation(
        "Colonne {name} : {change}", "Spalte {name}: {change}", "Columna {name}: {change}"
    ),
    "no key": Translation("sans clé", "kein Schlüssel", "sin clave"),
    "Row": Translation("Ligne", "Zeile", "Fila"),
    "and {count} more row | and {count} more rows": Translation(
        "et {count} autre ligne | et {count} autres lignes",
        "und {count} weitere Zeile | und {count} weitere Zeilen",
        "y {count} fila más | y {count} filas más",
    ),
    "No runs found in the lake.": Translation(
        "Aucune exécution trouvée dans le lac.",
        "Keine Läufe im Lake gefunden.",
        "No se encontraron ejecuciones en el lago.",
    ),
    "Only the last {count} runs are shown.": Translation(
        "Seules les {count} dernières exécutions sont affichées.",
        "Nur die letzten {count} Läufe werden gezeigt.",
        "Solo se muestran las últimas {count} ejecuciones.",
    ),
    "Steps of run {run}": Translation(
        "Étapes de l’exécution {run}", "Schritte des Laufs {run}", "Pasos de la ejecución {run}"
    ),
    "Run": Translation("Exécution", "Lauf", "Ejecución"),
    "Status": Translation("État", "Status", "Estado"),
    "Seconds": Translation("Secondes", "Sekunden", "Segundos"),
    "Ingest": Translation("Ingestion", "Einlesen", "Ingesta"),
    "Compute": Translation("Calcul", "Berechnen", "Cálculo"),
    "Load": Translation("Chargement", "Laden", "Carga"),
    "Action": Translation("Action", "Aktion", "Acción"),
    "Size": Translation("Taille", "Größe", "Tamaño"),
    # Speed
    "Measure now": Translation("Mesurer", "Jetzt messen", "Medir ahora"),
    "What visitors have waited for since this server started: from their request until the "
    "figures of all blocks are sent, without the network and the drawing in their browser.": (
        Translation(
            "Ce que les visiteurs ont attendu depuis le démarrage de ce serveur : de leur demande "
            "à l’envoi des chiffres de tous les blocs, sans le réseau ni le dessin dans leur "
            "navigateur.",
            "Worauf Besucher gewartet haben, seit dieser Server läuft: von ihrer Anfrage, bis die "
            "Zahlen aller Blöcke gesendet sind, ohne Netz und Zeichnen in ihrem Browser.",
            "Lo que los visitantes han esperado desde que se inició este servidor: desde su "
            "petición hasta el envío de las cifras de todos los bloques, sin la red ni el dibujo "
            "en su navegador.",
        )
    ),
    "A page, opened first": Translation(
        "Une page, ouverte pour la première fois",
        "Eine Seite, zuerst geöffnet",
        "Una página, abierta por primera vez",
    ),
    "Other figures of a page, by a filter, a period or a new release": Translation(
        "D’autres chiffres d’une page, par un filtre, une période ou une nouvelle version",
        "Andere Zahlen einer Seite, durch Filter, Zeitraum oder neues Release",
        "Otras cifras de una página, por un filtro, un período o una nueva versión",
    ),
    "Nobody has waited yet.": Translation(
        "Personne n’a encore attendu.",
        "Noch hat niemand gewartet.",
        "Nadie ha esperado todavía.",
    ),
    "Milliseconds": Translation("Millisecondes", "Millisekunden", "Milisegundos"),
    "Sends {count} requests of each kind to {target}, one after the other.": Translation(
        "Envoie {count} requêtes de chaque sorte à {target}, l’une après l’autre.",
        "Sendet {count} Anfragen jeder Art an {target}, eine nach der anderen.",
        "Envía {count} peticiones de cada tipo a {target}, una tras otra.",
    ),
    "Sends {count} requests of each kind to the store itself ({variable} is not set), "
    "one after the other.": Translation(
        "Envoie {count} requêtes de chaque sorte à la base elle-même ({variable} n’est pas "
        "défini), "
        "l’une après l’autre.",
        "Sendet {count} Anfragen jeder Art an die Datenbank selbst ({variable} ist nicht gesetzt), "
        "eine nach der anderen.",
        "Envía {count} peticiones de cada tipo a la propia base ({variable} no está definida), "
        "una tras otra.",
    ),
    "The measurement failed. {reason}": Translation(
        "La mesure a échoué. {reason}",
        "Die Messung ist fehlgeschlagen. {reason}",
        "La medición falló. {reason}",
    ),
    "{table}: first page": Translation(
        "{table} : première page", "{table}: erste Seite", "{table}: primera página"
    ),
    "{table}: sorted by {column}": Translation(
        "{table} : trié par {column}",
        "{table}: sortiert nach {column}",
        "{table}: ordenado por {column}",
    ),
    "{table}: count": Translation("{table} : nombre", "{table}: Anzahl", "{table}: número"),
    "{table}: one row": Translation(
        "{table} : une ligne", "{table}: eine Zeile", "{table}: una fila"
    ),
}
