"""Messages of the panel with the rows behind a figure."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

ORIGIN_MESSAGES: dict[str, Translation] = {
    "Rows behind {title}": Translation(
        "Lignes sources de {title}", "Zeilen hinter {title}", "Filas de origen de {title}"
    ),
    "{block} · release {release}": Translation(
        "{block} · version {release}", "{block} · Release {release}", "{block} · versión {release}"
    ),
    "Rows behind this": Translation("Lignes sources", "Zeilen dahinter", "Filas de origen"),
    "Part": Translation("Partie", "Teil", "Parte"),
    "Everything": Translation("Tout", "Alles", "Todo"),
    "This part is no longer shown.": Translation(
        "Cette partie n’est plus affichée.",
        "Dieser Teil wird nicht mehr gezeigt.",
        "Esta parte ya no se muestra.",
    ),
    "Tracing the rows back to their source records …": Translation(
        "Recherche des enregistrements sources …",
        "Die Zeilen werden zu ihren Quelldatensätzen zurückverfolgt …",
        "Rastreando las filas hasta sus registros de origen …",
    ),
    "Looking for records that would have counted …": Translation(
        "Recherche des enregistrements qui auraient compté …",
        "Datensätze, die gezählt hätten, werden gesucht …",
        "Buscando registros que habrían contado …",
    ),
    "Source records": Translation(
        "Enregistrements sources", "Quelldatensätze", "Registros de origen"
    ),
    "Records that would have counted": Translation(
        "Enregistrements qui auraient compté",
        "Datensätze, die gezählt hätten",
        "Registros que habrían contado",
    ),
    "All of these records, as {form}": Translation(
        "Tous ces enregistrements, en {form}",
        "Alle diese Datensätze, als {form}",
        "Todos estos registros, como {form}",
    ),
    "The rows could not be traced; see the server's log.": Translation(
        "Les lignes n’ont pas pu être suivies ; voir le journal du serveur.",
        "Die Zeilen konnten nicht verfolgt werden; siehe Protokoll des Servers.",
        "No se pudieron rastrear las filas; consulte el registro del servidor.",
    ),
    "Not exact: {reason}": Translation(
        "Approximatif : {reason}", "Nicht exakt: {reason}", "No exacto: {reason}"
    ),
    "{count} source record | {count} source records": Translation(
        "{count} enregistrement source | {count} enregistrements sources",
        "{count} Quelldatensatz | {count} Quelldatensätze",
        "{count} registro de origen | {count} registros de origen",
    ),
    "{records} from {count} file | {records} from {count} files": Translation(
        "{records} de {count} fichier | {records} de {count} fichiers",
        "{records} aus {count} Datei | {records} aus {count} Dateien",
        "{records} de {count} archivo | {records} de {count} archivos",
    ),
    "… and {count} other file | … and {count} other files": Translation(
        "… et {count} autre fichier | … et {count} autres fichiers",
        "… und {count} weitere Datei | … und {count} weitere Dateien",
        "… y {count} archivo más | … y {count} archivos más",
    ),
    "On the command line:": Translation(
        "En ligne de commande :", "Auf der Befehlszeile:", "En la línea de órdenes:"
    ),
    "No other record would have counted.": Translation(
        "Aucun autre enregistrement n’aurait compté.",
        "Kein anderer Datensatz hätte gezählt.",
        "Ningún otro registro habría contado.",
    ),
    "{count} more record would have counted | {count} more records would have counted": Translation(
        "{count} autre enregistrement aurait compté | {count} autres enregistrements auraient "
        "compté",
        "{count} weiterer Datensatz hätte gezählt | {count} weitere Datensätze hätten gezählt",
        "{count} registro más habría contado | {count} registros más habrían contado",
    ),
    "What happened": Translation("Ce qui s’est passé", "Was geschah", "Qué ocurrió"),
    "In quarantine": Translation("En quarantaine", "In Quarantäne", "En cuarentena"),
    "Fate": Translation("Sort", "Verbleib", "Destino"),
    "Value": Translation("Valeur", "Wert", "Valor"),
    "{title}, the first {count}": Translation(
        "{title}, les {count} premiers",
        "{title}, die ersten {count}",
        "{title}, los primeros {count}",
    ),
    "{rows} of {table} have these values.": Translation(
        "{rows} de {table} ont ces valeurs.",
        "{rows} von {table} haben diese Werte.",
        "{rows} de {table} tienen estos valores.",
    ),
    "{metric} of {rows} of {table}": Translation(
        "{metric} de {rows} de {table}",
        "{metric} von {rows} aus {table}",
        "{metric} de {rows} de {table}",
    ),
    "{metric} of {rows} of {table}, shown as {figure}": Translation(
        "{metric} de {rows} de {table}, affiché {figure}",
        "{metric} von {rows} aus {table}, gezeigt als {figure}",
        "{metric} de {rows} de {table}, mostrado como {figure}",
    ),
    "✓ {value}: sum of {column} in {rows}": Translation(
        "✓ {value} : somme de {column} dans {rows}",
        "✓ {value}: Summe von {column} in {rows}",
        "✓ {value}: suma de {column} en {rows}",
    ),
}
