"""Messages of the page with rejected records, and of their corrections."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

QUARANTINE_MESSAGES: dict[str, Translation] = {
    "All of these records, as {form}; columns: {names}": Translation(
        "Tous ces enregistrements, en {form} ; colonnes : {names}",
        "Alle diese Datensätze, als {form}; Spalten: {names}",
        "Todos estos registros, como {form}; columnas: {names}",
    ),
    "Rejected": Translation("Rejeté", "Abgelehnt", "Rechazado"),
    "Removed as a duplicate": Translation(
        "Supprimé comme doublon", "Als Duplikat entfernt", "Eliminado como duplicado"
    ),
    "Part of other rows": Translation(
        "Partie d’autres lignes", "Teil anderer Zeilen", "Parte de otras filas"
    ),
    "Not applied": Translation("Non appliqué", "Nicht angewandt", "No aplicado"),
    "The run would fail": Translation(
        "L’exécution échouerait", "Der Lauf würde fehlschlagen", "La ejecución fallaría"
    ),
    "Outcome": Translation("Résultat", "Ergebnis", "Resultado"),
    "Computing {table} with {count} correction … | Computing {table} with {count} corrections …": (
        Translation(
            "Calcul de {table} avec {count} correction … | Calcul de {table} avec {count} "
            "corrections …",
            "{table} wird mit {count} Korrektur berechnet … | "
            "{table} wird mit {count} Korrekturen berechnet …",
            "Calculando {table} con {count} corrección … | Calculando {table} con {count} "
            "correcciones …",
        )
    ),
    "This could not be computed; see the server's log.": Translation(
        "Ceci n’a pas pu être calculé ; voir le journal du serveur.",
        "Dies konnte nicht berechnet werden; siehe Protokoll des Servers.",
        "Esto no se pudo calcular; consulte el registro del servidor.",
    ),
    "This could not be done; see the server's log.": Translation(
        "Ceci n’a pas pu être fait ; voir le journal du serveur.",
        "Dies ist nicht gelungen; siehe Protokoll des Servers.",
        "Esto no se pudo hacer; consulte el registro del servidor.",
    ),
    "No preview: {reason}": Translation(
        "Pas d’aperçu : {reason}", "Keine Vorschau: {reason}", "Sin vista previa: {reason}"
    ),
    "No preview: {count} record cannot be corrected so, see State. | "
    "No preview: {count} records cannot be corrected so, see State.": Translation(
        "Pas d’aperçu : {count} enregistrement ne peut pas être corrigé ainsi, voir État. | "
        "Pas d’aperçu : {count} enregistrements ne peuvent pas être corrigés ainsi, voir État.",
        "Keine Vorschau: {count} Datensatz kann so nicht korrigiert werden, siehe Zustand. | "
        "Keine Vorschau: {count} Datensätze können so nicht korrigiert werden, siehe Zustand.",
        "Sin vista previa: {count} registro no se puede corregir así, véase Estado. | "
        "Sin vista previa: {count} registros no se pueden corregir así, véase Estado.",
    ),
    "{kept} of {count} corrected record would be kept, with the source files of release {release}. "
    "Nothing is stored yet. | "
    "{kept} of {count} corrected records would be kept, with the source files of release "
    "{release}. "
    "Nothing is stored yet.": Translation(
        "{kept} enregistrement corrigé sur {count} serait gardé, avec les fichiers de la version "
        "{release}. Rien n’est encore enregistré. | "
        "{kept} enregistrements corrigés sur {count} seraient gardés, avec les fichiers de la "
        "version "
        "{release}. Rien n’est encore enregistré.",
        "{kept} von {count} korrigierten Datensatz würde behalten, mit den Quelldateien von "
        "Release "
        "{release}. Noch ist nichts gespeichert. | "
        "{kept} von {count} korrigierten Datensätzen würden behalten, mit den Quelldateien von "
        "Release {release}. Noch ist nichts gespeichert.",
        "{kept} de {count} registro corregido se conservaría, con los archivos de la versión "
        "{release}. Todavía no se ha guardado nada. | "
        "{kept} de {count} registros corregidos se conservarían, con los archivos de la versión "
        "{release}. Todavía no se ha guardado nada.",
    ),
    "breaks {rule}, which only warns": Translation(
        "enfreint {rule}, qui avertit seulement",
        "verletzt {rule}, was nur warnt",
        "incumple {rule}, que solo advierte",
    ),
    "Note": Translation("Note", "Notiz", "Nota"),
    "Preview": Translation("Aperçu", "Vorschau", "Vista previa"),
    "Submit": Translation("Envoyer", "Absenden", "Enviar"),
    "Discard edits": Translation(
        "Abandonner les modifications", "Änderungen verwerfen", "Descartar cambios"
    ),
    "All rules": Translation("Toutes les règles", "Alle Regeln", "Todas las reglas"),
    "All files": Translation("Tous les fichiers", "Alle Dateien", "Todos los archivos"),
    "No record has been edited.": Translation(
        "Aucun enregistrement n’a été modifié.",
        "Es wurde kein Datensatz geändert.",
        "No se ha modificado ningún registro.",
    ),
    "{count} correction stored. The next run applies it. | "
    "{count} corrections stored. The next run applies them.": Translation(
        "{count} correction enregistrée. La prochaine exécution l’applique. | "
        "{count} corrections enregistrées. La prochaine exécution les applique.",
        "{count} Korrektur gespeichert. Der nächste Lauf wendet sie an. | "
        "{count} Korrekturen gespeichert. Der nächste Lauf wendet sie an.",
        "{count} corrección guardada. La próxima ejecución la aplica. | "
        "{count} correcciones guardadas. La próxima ejecución las aplica.",
    ),
    "Cannot be stored: {reason}": Translation(
        "Ne peut pas être enregistré : {reason}",
        "Kann nicht gespeichert werden: {reason}",
        "No se puede guardar: {reason}",
    ),
    "{count} record cannot be corrected so, see State; nothing was stored. | "
    "{count} records cannot be corrected so, see State; nothing was stored.": Translation(
        "{count} enregistrement ne peut pas être corrigé ainsi, voir État ; rien n’a été "
        "enregistré. | "
        "{count} enregistrements ne peuvent pas être corrigés ainsi, voir État ; rien n’a été "
        "enregistré.",
        "{count} Datensatz kann so nicht korrigiert werden, siehe Zustand; nichts gespeichert. | "
        "{count} Datensätze können so nicht korrigiert werden, siehe Zustand; nichts gespeichert.",
        "{count} registro no se puede corregir así, véase Estado; no se guardó nada. | "
        "{count} registros no se pueden corregir así, véase Estado; no se guardó nada.",
    ),
    "edited": Translation("modifié", "geändert", "modificado"),
    "State": Translation("État", "Zustand", "Estado"),
    "Text": Translation("Texte", "Text", "Texto"),
    "Nothing is in quarantine in release {release}.": Translation(
        "Rien n’est en quarantaine dans la version {release}.",
        "In Release {release} ist nichts in Quarantäne.",
        "No hay nada en cuarentena en la versión {release}.",
    ),
    "{count} reject of release {release} | {count} rejects of release {release}": Translation(
        "{count} rejet de la version {release} | {count} rejets de la version {release}",
        "{count} Ablehnung in Release {release} | {count} Ablehnungen in Release {release}",
        "{count} rechazo de la versión {release} | {count} rechazos de la versión {release}",
    ),
    "{count} correction waits for the next run. | {count} corrections wait for the next run.": (
        Translation(
            "{count} correction attend la prochaine exécution. | "
            "{count} corrections attendent la prochaine exécution.",
            "{count} Korrektur wartet auf den nächsten Lauf. | "
            "{count} Korrekturen warten auf den nächsten Lauf.",
            "{count} corrección espera la próxima ejecución. | "
            "{count} correcciones esperan la próxima ejecución.",
        )
    ),
    "The {shown} records of the first {first} rejects are shown; "
    "choose a rule or a file to see others.": Translation(
        "Les {shown} enregistrements des {first} premiers rejets sont affichés ; "
        "choisissez une règle ou un fichier pour en voir d’autres.",
        "Gezeigt werden die {shown} Datensätze der ersten {first} Ablehnungen; "
        "wählen Sie eine Regel oder Datei, um andere zu sehen.",
        "Se muestran los {shown} registros de los primeros {first} rechazos; "
        "elija una regla o un archivo para ver otros.",
    ),
    "{count} reject of no single source record cannot be corrected. | "
    "{count} rejects of no single source record cannot be corrected.": Translation(
        "{count} rejet sans enregistrement source unique ne peut pas être corrigé. | "
        "{count} rejets sans enregistrement source unique ne peuvent pas être corrigés.",
        "{count} Ablehnung ohne einzelnen Quelldatensatz kann nicht korrigiert werden. | "
        "{count} Ablehnungen ohne einzelnen Quelldatensatz können nicht korrigiert werden.",
        "{count} rechazo sin un único registro de origen no se puede corregir. | "
        "{count} rechazos sin un único registro de origen no se pueden corregir.",
    ),
    "Record {record} of {file}": Translation(
        "Enregistrement {record} de {file}",
        "Datensatz {record} aus {file}",
        "Registro {record} de {file}",
    ),
    "The record as it is in the file: {text}": Translation(
        "L’enregistrement tel qu’il est dans le fichier : {text}",
        "Der Datensatz, wie er in der Datei ist: {text}",
        "El registro tal como está en el archivo: {text}",
    ),
    "rejected records are shown only to visitors who have logged in": Translation(
        "les enregistrements rejetés ne sont visibles qu’après connexion",
        "abgelehnte Datensätze sehen nur angemeldete Besucher",
        "los registros rechazados solo se muestran a visitantes que han iniciado sesión",
    ),
    "Records are shown, and cannot be corrected here: the declaration does not have "
    "dashboard: {setting}.": Translation(
        "Les enregistrements sont visibles, mais pas corrigibles ici : la déclaration n’a pas "
        "dashboard: {setting}.",
        "Die Datensätze werden gezeigt und können hier nicht korrigiert werden: In der Deklaration "
        "fehlt dashboard: {setting}.",
        "Los registros se muestran y no se pueden corregir aquí: la declaración no tiene "
        "dashboard: {setting}.",
    ),
    "Records are shown, and cannot be corrected here: corrections are stored with the "
    "name of a visitor who has logged in, and this dashboard has no login.": Translation(
        "Les enregistrements sont visibles, mais pas corrigibles ici : les corrections portent le "
        "nom d’un visiteur connecté, et ce tableau de bord n’a pas de connexion.",
        "Die Datensätze werden gezeigt und können hier nicht korrigiert werden: Korrekturen werden "
        "unter dem Namen eines angemeldeten Besuchers gespeichert, und hier gibt es keine "
        "Anmeldung.",
        "Los registros se muestran y no se pueden corregir aquí: las correcciones se guardan con "
        "el "
        "nombre de un visitante que ha iniciado sesión, y este panel no tiene inicio de sesión.",
    ),
}
