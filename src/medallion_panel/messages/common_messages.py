"""Messages that many parts of the dashboard share."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

COMMON_MESSAGES: dict[str, Translation] = {
    "yes": Translation("oui", "ja", "sí"),
    "no": Translation("non", "nein", "no"),
    "just now": Translation("à l’instant", "gerade eben", "ahora mismo"),
    "Number": Translation("Nombre", "Anzahl", "Número"),
    "Rows": Translation("Lignes", "Zeilen", "Filas"),
    "Table": Translation("Table", "Tabelle", "Tabla"),
    "File": Translation("Fichier", "Datei", "Archivo"),
    "Files": Translation("Fichiers", "Dateien", "Archivos"),
    "Record": Translation("Enregistrement", "Datensatz", "Registro"),
    "Records": Translation("Enregistrements", "Datensätze", "Registros"),
    "Reason": Translation("Motif", "Grund", "Motivo"),
    "Rule": Translation("Règle", "Regel", "Regla"),
    "Column": Translation("Colonne", "Spalte", "Columna"),
    "All columns": Translation("Toutes les colonnes", "Alle Spalten", "Todas las columnas"),
    "Release": Translation("Version", "Release", "Versión"),
    "CSV": Translation("CSV", "CSV", "CSV"),
    "Distinct {column}": Translation(
        "{column} distincts", "{column} (verschiedene)", "{column} distintos"
    ),
    "Excel": Translation("Excel", "Excel", "Excel"),
    "Parquet": Translation("Parquet", "Parquet", "Parquet"),
    "Close": Translation("Fermer", "Schließen", "Cerrar"),
    "No value": Translation("Sans valeur", "Kein Wert", "Sin valor"),
    "Others": Translation("Autres", "Sonstige", "Otros"),
    "{names} and {rest} more": Translation(
        "{names} et {rest} de plus", "{names} und {rest} weitere", "{names} y {rest} más"
    ),
    "{count} row | {count} rows": Translation(
        "{count} ligne | {count} lignes",
        "{count} Zeile | {count} Zeilen",
        "{count} fila | {count} filas",
    ),
    "The data cannot be read at the moment; see the server's log.": Translation(
        "Les données ne peuvent pas être lues pour l’instant ; voir le journal du serveur.",
        "Die Daten können zurzeit nicht gelesen werden; siehe Protokoll des Servers.",
        "Los datos no se pueden leer en este momento; consulte el registro del servidor.",
    ),
    "Nothing has been published yet. Run `medallion run` first.": Translation(
        "Rien n’a encore été publié. Lancez d’abord `medallion run`.",
        "Es wurde noch nichts veröffentlicht. Starten Sie zuerst `medallion run`.",
        "Todavía no se ha publicado nada. Ejecute primero `medallion run`.",
    ),
}
