"""Messages of the notes below charts and of their menus."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

BLOCK_MESSAGES: dict[str, Translation] = {
    "{form} image": Translation("Image {form}", "{form}-Bild", "Imagen {form}"),
    "{count} figure of zero or less is not drawn: the scale is logarithmic. | "
    "{count} figures of zero or less are not drawn: the scale is logarithmic.": Translation(
        "{count} valeur négative ou nulle n’est pas dessinée : l’échelle est logarithmique. | "
        "{count} valeurs négatives ou nulles ne sont pas dessinées : l’échelle est logarithmique.",
        "{count} Wert von null oder weniger fehlt: Die Skala ist logarithmisch. | "
        "{count} Werte von null oder weniger fehlen: Die Skala ist logarithmisch.",
        "{count} cifra igual o menor que cero no se dibuja: la escala es logarítmica. | "
        "{count} cifras iguales o menores que cero no se dibujan: la escala es logarítmica.",
    ),
    "{count} point of zero or less is not drawn: the scale is logarithmic. | "
    "{count} points of zero or less are not drawn: the scale is logarithmic.": Translation(
        "{count} point négatif ou nul n’est pas dessiné : l’échelle est logarithmique. | "
        "{count} points négatifs ou nuls ne sont pas dessinés : l’échelle est logarithmique.",
        "{count} Punkt von null oder weniger fehlt: Die Skala ist logarithmisch. | "
        "{count} Punkte von null oder weniger fehlen: Die Skala ist logarithmisch.",
        "{count} punto igual o menor que cero no se dibuja: la escala es logarítmica. | "
        "{count} puntos iguales o menores que cero no se dibujan: la escala es logarítmica.",
    ),
    "A logarithmic scale is drawn of at most {most} rows: select fewer with the filters.": (
        Translation(
            "Une échelle logarithmique est dessinée pour {most} lignes au plus : choisissez-en "
            "moins avec les filtres.",
            "Eine logarithmische Skala wird für höchstens {most} Zeilen gezeichnet: Wählen Sie mit "
            "den Filtern weniger aus.",
            "Una escala logarítmica se dibuja con {most} filas como máximo: elija menos con los "
            "filtros.",
        )
    ),
    "A logarithmic scale needs numbers, and {column} is of type {kind}.": Translation(
        "Une échelle logarithmique exige des nombres, et {column} est de type {kind}.",
        "Eine logarithmische Skala braucht Zahlen, und {column} ist vom Typ {kind}.",
        "Una escala logarítmica necesita números, y {column} es de tipo {kind}.",
    ),
    "Total": Translation("Total", "Summe", "Total"),
    "{count} more row is left out, and counted in the last line. | "
    "{count} more rows are left out, and counted in the last line.": Translation(
        "{count} autre ligne est omise, et comptée dans la dernière ligne. | "
        "{count} autres lignes sont omises, et comptées dans la dernière ligne.",
        "{count} weitere Zeile fehlt und ist in der letzten Zeile mitgezählt. | "
        "{count} weitere Zeilen fehlen und sind in der letzten Zeile mitgezählt.",
        "Se omite {count} fila más, contada en la última fila. | "
        "Se omiten {count} filas más, contadas en la última fila.",
    ),
    "{count} more column is left out, and counted in the last column. | "
    "{count} more columns are left out, and counted in the last column.": Translation(
        "{count} autre colonne est omise, et comptée dans la dernière colonne. | "
        "{count} autres colonnes sont omises, et comptées dans la dernière colonne.",
        "{count} weitere Spalte fehlt und ist in der letzten Spalte mitgezählt. | "
        "{count} weitere Spalten fehlen und sind in der letzten Spalte mitgezählt.",
        "Se omite {count} columna más, contada en la última columna. | "
        "Se omiten {count} columnas más, contadas en la última columna.",
    ),
    "More than {most} pairs of {rows} and {columns}: select fewer with the filters.": Translation(
        "Plus de {most} paires de {rows} et {columns} : choisissez-en moins avec les filtres.",
        "Mehr als {most} Paare aus {rows} und {columns}: Wählen Sie mit den Filtern weniger aus.",
        "Más de {most} pares de {rows} y {columns}: elija menos con los filtros.",
    ),
    "No figures": Translation("Aucune valeur", "Keine Werte", "Sin cifras"),
    "{first}, {last}; from {least} to {most}": Translation(
        "{first}, {last} ; de {least} à {most}",
        "{first}, {last}; von {least} bis {most}",
        "{first}, {last}; de {least} a {most}",
    ),
    "Median": Translation("Médiane", "Median", "Mediana"),
    "Middle half": Translation("Moitié centrale", "Mittlere Hälfte", "Mitad central"),
    "Line": Translation("Trait", "Linie", "Línea"),
    "Boxes have the middle half of the rows and their median; lines reach from {low} to {high} of "
    "the rows.": Translation(
        "Les boîtes contiennent la moitié centrale des lignes et leur médiane ; les traits vont de "
        "{low} à {high} des lignes.",
        "Kästen enthalten die mittlere Hälfte der Zeilen und ihren Median; Linien reichen von "
        "{low} bis {high} der Zeilen.",
        "Las cajas contienen la mitad central de las filas y su mediana; las líneas van del {low} "
        "al {high} de las filas.",
    ),
    "Boxes have the middle half of the rows and their median; lines reach from the least to the "
    "greatest value.": Translation(
        "Les boîtes contiennent la moitié centrale des lignes et leur médiane ; les traits vont de "
        "la plus petite à la plus grande valeur.",
        "Kästen enthalten die mittlere Hälfte der Zeilen und ihren Median; Linien reichen vom "
        "kleinsten bis zum größten Wert.",
        "Las cajas contienen la mitad central de las filas y su mediana; las líneas van del menor "
        "al mayor valor.",
    ),
    "{x} without a finite {y} is not drawn.": Translation(
        "{x} sans {y} fini n’est pas dessiné.",
        "{x} ohne endlichen Wert von {y} fehlt.",
        "{x} sin {y} finito no se dibuja.",
    ),
    "{count} row has no position on the map. | {count} rows have no position on the map.": (
        Translation(
            "{count} ligne n’a pas de position sur la carte. | {count} lignes n’ont pas de "
            "position sur la carte.",
            "{count} Zeile hat keine Position auf der Karte. | {count} Zeilen haben keine Position "
            "auf der Karte.",
            "{count} fila no tiene posición en el mapa. | {count} filas no tienen posición en el "
            "mapa.",
        )
    ),
}
