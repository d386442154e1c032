"""Messages of the catalogue and of rules, of the pages about the lake."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

TABLE_PAGE_MESSAGES: dict[str, Translation] = {
    "Catalogue": Translation("Catalogue", "Katalog", "Catálogo"),
    "Runs": Translation("Exécutions", "Läufe", "Ejecuciones"),
    "Quality": Translation("Qualité", "Qualität", "Calidad"),
    "{title} of the lake": Translation("{title} du lac", "{title} des Lakes", "{title} del lago"),
    "Lake": Translation("Lac", "Lake", "Lago"),
    "Rows of this release": Translation(
        "Lignes de cette version", "Zeilen dieses Releases", "Filas de esta versión"
    ),
    "Columns": Translation("Colonnes", "Spalten", "Columnas"),
    "Lineage": Translation("Provenance", "Herkunft", "Linaje"),
    "Rules": Translation("Règles", "Regeln", "Reglas"),
    "First rows": Translation("Premières lignes", "Erste Zeilen", "Primeras filas"),
    "How to read it": Translation("Comment la lire", "So liest man sie", "Cómo leerla"),
    "Search tables, columns and descriptions": Translation(
        "Chercher tables, colonnes et descriptions",
        "Tabellen, Spalten und Beschreibungen suchen",
        "Buscar tablas, columnas y descripciones",
    ),
    "No table matches.": Translation(
        "Aucune table ne correspond.", "Keine Tabelle passt.", "Ninguna tabla coincide."
    ),
    "No description": Translation("Sans description", "Ohne Beschreibung", "Sin descripción"),
    "{count} column | {count} columns": Translation(
        "{count} colonne | {count} colonnes",
        "{count} Spalte | {count} Spalten",
        "{count} columna | {count} columnas",
    ),
    "{share} quarantined": Translation(
        "{share} en quarantaine", "{share} in Quarantäne", "{share} en cuarentena"
    ),
    "The declaration has no description of this table.": Translation(
        "La déclaration ne décrit pas cette table.",
        "Die Deklaration beschreibt diese Tabelle nicht.",
        "La declaración no describe esta tabla.",
    ),
    "{table} is not in release {release}; the next run computes it": Translation(
        "{table} n’est pas dans la version {release} ; la prochaine exécution la calcule",
        "{table} ist nicht im Release {release}; der nächste Lauf berechnet sie",
        "{table} no está en la versión {release}; la próxima ejecución la calcula",
    ),
    "Layer": Translation("Couche", "Schicht", "Capa"),
    "Source files": Translation("Fichiers sources", "Quelldateien", "Archivos de origen"),
    "Served": Translation("Servie", "Ausgeliefert", "Servida"),
    "Key": Translation("Clé", "Schlüssel", "Clave"),
    "Format": Translation("Format", "Format", "Formato"),
    "by suffix": Translation("selon le suffixe", "nach der Endung", "según el sufijo"),
    "Type": Translation("Type", "Typ", "Tipo"),
    "Description": Translation("Description", "Beschreibung", "Descripción"),
    "Made of": Translation("Faite de", "Gebildet aus", "Hecha de"),
    "Nulls": Translation("Nuls", "Nullwerte", "Nulos"),
    "Distinct": Translation("Distincts", "Verschiedene", "Distintos"),
    "From": Translation("De", "Von", "De"),
    "To": Translation("À", "Bis", "A"),
    "Values": Translation("Valeurs", "Werte", "Valores"),
    "rows of {table}": Translation("lignes de {table}", "Zeilen von {table}", "filas de {table}"),
    "Number of rows in equal parts from {low} to {high}": Translation(
        "Nombre de lignes en parts égales de {low} à {high}",
        "Zahl der Zeilen in gleichen Teilen von {low} bis {high}",
        "Número de filas en partes iguales de {low} a {high}",
    ),
    "Values of tables that are not served are shown to visitors "
    "who may see source records.": Translation(
        (
            "Les valeurs des tables qui ne sont pas servies sont montrées aux visiteurs qui "
            "peuvent voir les enregistrements sources."
        ),
        (
            "Werte von Tabellen, die nicht ausgeliefert werden, sehen nur Besucher, die "
            "Quelldatensätze sehen dürfen."
        ),
        (
            "Los valores de las tablas que no se sirven se muestran a los visitantes que "
            "pueden ver los registros de origen."
        ),
    ),
    "This dashboard does not reach the lake, which has the profile of the columns.": Translation(
        "Ce tableau de bord n’atteint pas le lac, qui a le profil des colonnes.",
        "Dieses Dashboard erreicht den Lake nicht, der das Profil der Spalten hat.",
        "Este panel no alcanza el lago, que tiene el perfil de las columnas.",
    ),
    "This dashboard does not reach the lake, which has the rows.": Translation(
        "Ce tableau de bord n’atteint pas le lac, qui a les lignes.",
        "Dieses Dashboard erreicht den Lake nicht, der die Zeilen hat.",
        "Este panel no alcanza el lago, que tiene las filas.",
    ),
    "This dashboard does not reach the lake, which has the earlier runs.": Translation(
        "Ce tableau de bord n’atteint pas le lac, qui a les exécutions antérieures.",
        "Dieses Dashboard erreicht den Lake nicht, der die früheren Läufe hat.",
        "Este panel no alcanza el lago, que tiene las ejecuciones anteriores.",
    ),
    "This dashboard does not reach the lake: earlier runs and files are not known.": Translation(
        (
            "Ce tableau de bord n’atteint pas le lac : les exécutions antérieures et les "
            "fichiers ne sont pas connus."
        ),
        ("Dieses Dashboard erreicht den Lake nicht: Frühere Läufe und Dateien sind nicht bekannt."),
        (
            "Este panel no alcanza el lago: no se conocen las ejecuciones anteriores ni los "
            "archivos."
        ),
    ),
    "Distinct values are estimated.": Translation(
        "Les valeurs distinctes sont estimées.",
        "Die Zahl verschiedener Werte ist geschätzt.",
        "Los valores distintos son estimados.",
    ),
    "The table has no rows.": Translation(
        "La table n’a pas de lignes.", "Die Tabelle hat keine Zeilen.", "La tabla no tiene filas."
    ),
    "Lineage of {table}": Translation(
        "Provenance de {table}", "Herkunft von {table}", "Linaje de {table}"
    ),
    "Made of its source files.": Translation(
        "Faite de ses fichiers sources.",
        "Gebildet aus ihren Quelldateien.",
        "Hecha de sus archivos de origen.",
    ),
    "Made of its source files. Read by {readers}.": Translation(
        "Faite de ses fichiers sources. Lue par {readers}.",
        "Gebildet aus ihren Quelldateien. Gelesen von {readers}.",
        "Hecha de sus archivos de origen. Leída por {readers}.",
    ),
    "Made of {tables}.": Translation(
        "Faite de {tables}.", "Gebildet aus {tables}.", "Hecha de {tables}."
    ),
    "Made of {tables}. Read by {readers}.": Translation(
        "Faite de {tables}. Lue par {readers}.",
        "Gebildet aus {tables}. Gelesen von {readers}.",
        "Hecha de {tables}. Leída por {readers}.",
    ),
    "This table has no rules, and removes no rows.": Translation(
        "Cette table n’a pas de règles et n’écarte aucune ligne.",
        "Diese Tabelle hat keine Regeln und verwirft keine Zeilen.",
        "Esta tabla no tiene reglas ni descarta filas.",
    ),
    "Rows are": Translation("Les lignes sont", "Zeilen werden", "Las filas son"),
    "Share": Translation("Part", "Anteil", "Parte"),
    "kept, with a warning": Translation(
        "gardées, avec avertissement", "behalten, mit Warnung", "conservadas, con advertencia"
    ),
    "dropped": Translation("écartées", "verworfen", "descartadas"),
    "quarantined": Translation(
        "mises en quarantaine", "in Quarantäne gelegt", "puestas en cuarentena"
    ),
    "not published": Translation("non publiées", "nicht veröffentlicht", "no publicadas"),
    "removed by a step": Translation(
        "retirées par une étape", "von einem Schritt entfernt", "retiradas por un paso"
    ),
    "Last run | Last {count} runs": Translation(
        "Dernière exécution | {count} dernières exécutions",
        "Letzter Lauf | Letzte {count} Läufe",
        "Última ejecución | Últimas {count} ejecuciones",
    ),
    "From {first} to {last}, at most {most}": Translation(
        "De {first} à {last}, au plus {most}",
        "Von {first} bis {last}, höchstens {most}",
        "De {first} a {last}, como máximo {most}",
    ),
    "By rule": Translation("Par règle", "Nach Regel", "Por regla"),
    "By source file": Translation("Par fichier source", "Nach Quelldatei", "Por archivo de origen"),
    "Run before": Translation("Exécution précédente", "Lauf davor", "Ejecución anterior"),
    "Share of its records": Translation(
        "Part de ses enregistrements", "Anteil seiner Datensätze", "Parte de sus registros"
    ),
    "See the records and correct them": Translation(
        "Voir les enregistrements et les corriger",
        "Datensätze ansehen und korrigieren",
        "Ver los registros y corregirlos",
    ),
    "No record of a source file was quarantined.": Translation(
        "Aucun enregistrement d’un fichier source n’a été mis en quarantaine.",
        "Kein Datensatz einer Quelldatei kam in Quarantäne.",
        "Ningún registro de un archivo de origen se puso en cuarentena.",
    ),
    "Only the {count} files with the most rejects are shown.": Translation(
        "Seuls les {count} fichiers qui ont le plus de rejets sont affichés.",
        "Nur die {count} Dateien mit den meisten abgelehnten Datensätzen werden gezeigt.",
        "Solo se muestran los {count} archivos con más rechazos.",
    ),
    "No rule has removed a row.": Translation(
        "Aucune règle n’a retiré de ligne.",
        "Keine Regel hat eine Zeile entfernt.",
        "Ninguna regla ha retirado una fila.",
    ),
}
