"""Messages of the timeline of runs, and of code to copy."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

RUN_MESSAGES: dict[str, Translation] = {
    "No runs found: this dashboard does not reach the lake, or nothing has run yet.": Translation(
        (
            "Aucune exécution trouvée : ce tableau de bord n’atteint pas le lac, ou rien n’a "
            "encore été exécuté."
        ),
        (
            "Keine Läufe gefunden: Dieses Dashboard erreicht den Lake nicht, oder es gab noch"
            " keinen Lauf."
        ),
        (
            "No se encontraron ejecuciones: este panel no alcanza el lago, o aún no se ha "
            "ejecutado nada."
        ),
    ),
    "A rule stopped a release {age}:": Translation(
        "Une version a été retenue {age} :",
        "Ein Release wurde {age} zurückgehalten:",
        "Una versión fue retenida {age}:",
    ),
    "See the pages as they would be": Translation(
        "Voir les pages telles qu’elles seraient",
        "Die Seiten ansehen, wie sie wären",
        "Ver las páginas como serían",
    ),
    "Compare it:": Translation("La comparer :", "Vergleichen:", "Compararla:"),
    "Publish it:": Translation("La publier :", "Veröffentlichen:", "Publicarla:"),
    "Remove it:": Translation("La supprimer :", "Entfernen:", "Eliminarla:"),
    "The last run ({count}) | The last {count} runs, the oldest first": Translation(
        "La dernière exécution ({count}) | Les {count} dernières, la plus ancienne d’abord",
        "Der letzte Lauf ({count}) | Die letzten {count} Läufe, der älteste zuerst",
        "La última ejecución ({count}) | Las últimas {count} ejecuciones, la más antigua primero",
    ),
    "Failed: {reason}": Translation(
        "Échec : {reason}", "Fehlgeschlagen: {reason}", "Falló: {reason}"
    ),
    "Running, or ended without a record": Translation(
        "En cours, ou terminée sans trace",
        "Läuft, oder endete ohne Aufzeichnung",
        "En curso, o terminada sin registro",
    ),
    (
        "Left the candidate {name}, {count} table computed | Left the candidate {name}, "
        "{count} tables computed"
    ): Translation(
        (
            "A laissé la candidate {name}, {count} table calculée | A laissé la candidate "
            "{name}, {count} tables calculées"
        ),
        (
            "Hinterließ den Kandidaten {name}, {count} Tabelle berechnet | Hinterließ den "
            "Kandidaten {name}, {count} Tabellen berechnet"
        ),
        (
            "Dejó la candidata {name}, {count} tabla calculada | Dejó la candidata {name}, "
            "{count} tablas calculadas"
        ),
    ),
    "Nothing new: release {release} stays": Translation(
        "Rien de nouveau : la version {release} reste",
        "Nichts Neues: Release {release} bleibt",
        "Nada nuevo: la versión {release} permanece",
    ),
    (
        "Published release {release}, {count} table computed | Published release "
        "{release}, {count} tables computed"
    ): Translation(
        (
            "A publié la version {release}, {count} table calculée | A publié la version "
            "{release}, {count} tables calculées"
        ),
        (
            "Release {release} veröffentlicht, {count} Tabelle berechnet | Release {release} "
            "veröffentlicht, {count} Tabellen berechnet"
        ),
        (
            "Publicó la versión {release}, {count} tabla calculada | Publicó la versión "
            "{release}, {count} tablas calculadas"
        ),
    ),
    "Nothing published": Translation("Rien de publié", "Nichts veröffentlicht", "Nada publicado"),
    "Run {run}, {moment}": Translation(
        "Exécution {run}, {moment}", "Lauf {run}, {moment}", "Ejecución {run}, {moment}"
    ),
    "Compared with the run before: {changes}.": Translation(
        "Par rapport à l’exécution précédente : {changes}.",
        "Verglichen mit dem Lauf davor: {changes}.",
        "Comparado con la ejecución anterior: {changes}.",
    ),
    "Correct the cause, then:": Translation(
        "Corrigez la cause, puis :", "Beheben Sie die Ursache, dann:", "Corrija la causa y después:"
    ),
    "{change} rows": Translation("{change} lignes", "{change} Zeilen", "{change} filas"),
    "{change} quarantined": Translation(
        "{change} en quarantaine", "{change} in Quarantäne", "{change} en cuarentena"
    ),
    "No table was looked at.": Translation(
        "Aucune table n’a été examinée.",
        "Keine Tabelle wurde betrachtet.",
        "No se examinó ninguna tabla.",
    ),
    "Partitions": Translation("Partitions", "Partitionen", "Particiones"),
    "Why": Translation("Pourquoi", "Warum", "Por qué"),
    "{computed} computed": Translation(
        "{computed} calculées", "{computed} berechnet", "{computed} calculadas"
    ),
    "{computed} computed, {reused} reused": Translation(
        "{computed} calculées, {reused} réutilisées",
        "{computed} berechnet, {reused} wiederverwendet",
        "{computed} calculadas, {reused} reutilizadas",
    ),
    "computed": Translation("calculée", "berechnet", "calculada"),
    "used again": Translation("réutilisée", "wiederverwendet", "reutilizada"),
    "succeeded": Translation("réussie", "erfolgreich", "correcta"),
    "running": Translation("en cours", "läuft", "en curso"),
    "failed": Translation("échouée", "fehlgeschlagen", "fallida"),
    "not run": Translation("non exécutée", "nicht ausgeführt", "no ejecutada"),
    "Release stopped {age}: {reason} · release {release} is shown": Translation(
        "Version retenue {age} : {reason} · la version {release} est affichée",
        "Release {age} zurückgehalten: {reason} · Release {release} wird gezeigt",
        "Versión retenida {age}: {reason} · se muestra la versión {release}",
    ),
    (
        "A rule stopped the candidate {name}: {reason}. Release {release} is shown. The "
        "page Runs says what to do."
    ): Translation(
        (
            "Une règle a arrêté la candidate {name} : {reason}. La version {release} est "
            "affichée. La page Exécutions dit que faire."
        ),
        (
            "Eine Regel hat den Kandidaten {name} aufgehalten: {reason}. Release {release} "
            "wird gezeigt. Die Seite Läufe sagt, was zu tun ist."
        ),
        (
            "Una regla detuvo la candidata {name}: {reason}. Se muestra la versión {release}."
            " La página Ejecuciones dice qué hacer."
        ),
    ),
    "Code to copy": Translation("Code à copier", "Code zum Kopieren", "Código para copiar"),
    "Command line": Translation("Ligne de commande", "Kommandozeile", "Línea de comandos"),
}
