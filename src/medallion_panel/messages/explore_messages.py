"""Messages of the page where visitors explore tables."""

from __future__ import annotations

from medallion_panel.messages.translation import Translation

EXPLORE_MESSAGES: dict[str, Translation] = {
    "Explore": Translation("Explorer", "Erkunden", "Explorar"),
    "Explore tables": Translation("Explorer les tables", "Tabellen erkunden", "Explorar tablas"),
    "Explore from here": Translation("Explorer d’ici", "Von hier erkunden", "Explorar desde aquí"),
    "Menu of {label}": Translation("Menu de {label}", "Menü von {label}", "Menú de {label}"),
    "Query": Translation("Requête", "Abfrage", "Consulta"),
    "Chart": Translation("Graphique", "Diagramm", "Gráfico"),
    "Measures": Translation("Mesures", "Kennzahlen", "Medidas"),
    "Measure": Translation("Mesure", "Kennzahl", "Medida"),
    "Dimensions": Translation("Dimensions", "Dimensionen", "Dimensiones"),
    "Dimension": Translation("Dimension", "Dimension", "Dimensión"),
    "Filters": Translation("Filtres", "Filter", "Filtros"),
    "Filter": Translation("Filtre", "Filter", "Filtro"),
    "Function": Translation("Fonction", "Funktion", "Función"),
    "Periods or steps": Translation(
        "Périodes ou pas", "Zeiträume oder Schritte", "Periodos o pasos"
    ),
    "Remove": Translation("Retirer", "Entfernen", "Quitar"),
    "number of rows": Translation("nombre de lignes", "Anzahl der Zeilen", "número de filas"),
    "sum of": Translation("somme de", "Summe von", "suma de"),
    "mean of": Translation("moyenne de", "Mittelwert von", "media de"),
    "median of": Translation("médiane de", "Median von", "mediana de"),
    "least": Translation("plus petit", "kleinster Wert von", "mínimo de"),
    "greatest": Translation("plus grand", "größter Wert von", "máximo de"),
    "distinct": Translation("valeurs distinctes de", "verschiedene", "distintos de"),
    "each value": Translation("chaque valeur", "jeder Wert", "cada valor"),
    "in steps": Translation("par pas", "in Schritten", "por pasos"),
    "per day": Translation("par jour", "nach Tag", "por día"),
    "per week": Translation("par semaine", "nach Woche", "por semana"),
    "per month": Translation("par mois", "nach Monat", "por mes"),
    "per quarter": Translation("par trimestre", "nach Quartal", "por trimestre"),
    "per year": Translation("par an", "nach Jahr", "por año"),
    "Automatic ({chart})": Translation(
        "Automatique ({chart})", "Automatisch ({chart})", "Automático ({chart})"
    ),
    "Area": Translation("Aires", "Flächen", "Áreas"),
    "Bar": Translation("Barres", "Balken", "Barras"),
    "Heat map": Translation("Carte de chaleur", "Heatmap", "Mapa de calor"),
    "Scatter plot": Translation("Nuage de points", "Streudiagramm", "Dispersión"),
    "Histogram": Translation("Histogramme", "Histogramm", "Histograma"),
    "Map": Translation("Carte", "Karte", "Mapa"),
    "the release serves no table": Translation(
        "la version ne sert aucune table",
        "das Release enthält keine Tabelle",
        "la versión no sirve ninguna tabla",
    ),
    "no filter on {column}": Translation(
        "pas de filtre sur {column}", "kein Filter auf {column}", "no hay filtro sobre {column}"
    ),
    "Figures": Translation("Chiffres", "Zahlen", "Cifras"),
    "Declare this page": Translation(
        "Déclarer cette page", "Diese Seite deklarieren", "Declarar esta página"
    ),
    "YAML, to be pasted below dashboard:": Translation(
        "YAML, à coller sous dashboard:",
        "YAML, unter dashboard: einzufügen",
        "YAML, para pegar debajo de dashboard:",
    ),
    "{measure} by {terms}": Translation(
        "{measure} par {terms}", "{measure} nach {terms}", "{measure} por {terms}"
    ),
    "{one} and {other}": Translation("{one} et {other}", "{one} und {other}", "{one} y {other}"),
    "Mean of {column}": Translation(
        "Moyenne de {column}", "Mittelwert von {column}", "Media de {column}"
    ),
    "Median of {column}": Translation(
        "Médiane de {column}", "Median von {column}", "Mediana de {column}"
    ),
    "Least {column}": Translation(
        "Plus petit {column}", "Kleinster Wert von {column}", "Mínimo de {column}"
    ),
    "Greatest {column}": Translation(
        "Plus grand {column}", "Größter Wert von {column}", "Máximo de {column}"
    ),
    "“{text}” is left out: {reason}": Translation(
        "« {text} » est laissé de côté : {reason}",
        "„{text}“ wird ausgelassen: {reason}",
        "«{text}» se omite: {reason}",
    ),
    "Only the first {count} of `{name}` are used.": Translation(
        "Seuls les {count} premiers de `{name}` sont utilisés.",
        "Nur die ersten {count} von `{name}` werden verwendet.",
        "Solo se usan los primeros {count} de `{name}`.",
    ),
    "There is no chart “{name}”{hint}": Translation(
        "Le graphique « {name} » n’existe pas{hint}",
        "Es gibt kein Diagramm „{name}“{hint}",
        "No existe el gráfico «{name}»{hint}",
    ),
    "There is no table “{name}”{hint}": Translation(
        "La table « {name} » n’existe pas{hint}",
        "Es gibt keine Tabelle „{name}“{hint}",
        "No existe la tabla «{name}»{hint}",
    ),
    "{problem} Another chart is shown.": Translation(
        "{problem} Un autre graphique est affiché.",
        "{problem} Ein anderes Diagramm wird gezeigt.",
        "{problem} Se muestra otro gráfico.",
    ),
    "This chart needs one or two dimensions.": Translation(
        "Ce graphique demande une ou deux dimensions.",
        "Dieses Diagramm braucht eine oder zwei Dimensionen.",
        "Este gráfico necesita una o dos dimensiones.",
    ),
    "A heat map needs two dimensions.": Translation(
        "Une carte de chaleur demande deux dimensions.",
        "Eine Heatmap braucht zwei Dimensionen.",
        "Un mapa de calor necesita dos dimensiones.",
    ),
    "A map needs one dimension, a text with countries.": Translation(
        "Une carte demande une dimension, un texte avec des pays.",
        "Eine Karte braucht eine Dimension, einen Text mit Ländern.",
        "Un mapa necesita una dimensión, un texto con países.",
    ),
    "A histogram needs one dimension, a number.": Translation(
        "Un histogramme demande une dimension, un nombre.",
        "Ein Histogramm braucht eine Dimension, eine Zahl.",
        "Un histograma necesita una dimensión, un número.",
    ),
    "A scatter plot needs two dimensions that are numbers, and a third for colours.": Translation(
        "Un nuage de points demande deux dimensions numériques, et une pour les couleurs.",
        "Ein Streudiagramm braucht zwei Dimensionen mit Zahlen, und eine dritte für Farben.",
        "La dispersión necesita dos dimensiones numéricas, y una tercera para los colores.",
    ),
    "A scatter plot shows rows as they are, not in periods or steps.": Translation(
        "Un nuage de points montre les lignes telles quelles, sans périodes ni pas.",
        "Ein Streudiagramm zeigt Zeilen, wie sie sind, nicht in Zeiträumen oder Schritten.",
        "La dispersión muestra las filas tal cual, sin periodos ni pasos.",
    ),
}
