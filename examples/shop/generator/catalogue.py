"""What the shop sells and who buys there: the tables that `generate.py` draws from."""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = [(2024, month) for month in range(1, 13)] + [(2025, 1)]
SEASON = (
    88,
    84,
    92,
    90,
    95,
    86,
    78,
    72,
    96,
    104,
    138,
    165,
    97,
)  # per cent of an ordinary month, as MONTHS
WEEKDAY = (92, 88, 90, 97, 118, 131, 84)  # per cent of an ordinary day, Monday first


@dataclass(frozen=True)
class Product:
    """A product. `cents` is its list price, `share` its part of sales in per mille.

    `gift` is the share in November and December.
    """

    name: str
    cents: int
    share: int
    gift: int
    most: int


PRODUCTS = (
    Product("Espresso machine", 34900, 45, 85, 1),
    Product("Coffee grinder", 12900, 70, 105, 1),
    Product("Electric kettle", 5990, 80, 85, 2),
    Product("Moka pot", 3490, 95, 100, 2),
    Product("French press", 2990, 90, 90, 2),
    Product("Kitchen scale", 4450, 60, 55, 1),
    Product("Travel mug", 2450, 120, 125, 3),
    Product("Café au lait bowls", 1890, 75, 95, 4),
    Product("Coffee beans 1 kg", 2190, 245, 180, 5),
    Product("Paper filters", 650, 120, 80, 5),
)


@dataclass(frozen=True)
class Country:
    """`share` is its part of the clients in per mille; names are lists of one name a word."""

    name: str
    share: int
    first: str
    last: str


COUNTRIES = (
    Country(
        "France",
        280,
        "Zoé Chloé Hélène Léa Inès Amélie Noémie François Jérôme Rémi Hugo Louis Théo Anaïs",
        "Lefèvre Moreau Bérard Dupré Garçon Faure Rousseau "
        "Bénard Chevalier Gérard Lemaître Petit Roux Barré",
    ),
    Country(
        "Germany",
        205,
        "Jürgen Jörg Anke Björn Käthe Lukas Mia Jonas Hannah Felix Marlene Götz Sören Lena",
        "Müller Schäfer Köhler Krüger Weber Jäger Vogel "
        "Böhm Schröder Bauer Günther Lang Möller Huber",
    ),
    Country(
        "Spain",
        130,
        "José María Lucía Álvaro Sofía Íñigo Rocío Andrés Begoña Martín Elena Raúl Pilar Hugo",
        "García Martínez López Núñez Muñoz Peña Ibáñez "
        "Sáez Ruiz Ortega Gómez Vázquez Castaño Molina",
    ),
    Country(
        "Italy",
        120,
        "Niccolò Giulia Matteo Chiara Lorenzo Beatrice Nicolò "
        "Alessia Davide Noè Sara Marco Elisa Luca",
        "Rossi Bianchi Ferrari Esposito Greco Nardò Galli "
        "Conti Rizzo Fontana Moretti Foà Costa Villa",
    ),
    Country(
        "Netherlands",
        80,
        "Daniël Zoë Sanne Bram Noël Femke Lotte Joris Anouk Thijs Eefje Ruben Loïs Sem",
        "Jansen Visser Smit Meijer Mulder Bakker Bos Kuipers Dekker Brouwer Hermans Vos Peters Kok",
    ),
    Country(
        "Belgium",
        65,
        "Maëlle Loïc Noémie Jef Elise Wout Céline Lieve Benoît Margaux Stijn Anaïs Arthur Fien",
        "Peeters Maes Dubois Claes Goossens Lambert Wouters "
        "Dupont Mertens Leclercq Noël Simon Aerts Hénin",
    ),
    Country(
        "Portugal",
        50,
        "João Inês Mário Conceição Tomé Sónia Luís Beatriz Rui Leonor Duarte Mafalda Simão Joana",
        "Simões Gonçalves Araújo Magalhães Conceição Sousa Leitão "
        "Antão Pinto Serrão Tomás Brandão Melo Reis",
    ),
    Country(
        "Switzerland",
        40,
        "Urs Réto Beat Seraina Noé Ladina Jürg Flurin Corinne Mélanie Andri Regula Luca Nadja",
        "Müller Bühler Frei Züger Brunner Kälin Favre "
        "Hürlimann Keller Bernasconi Rüegg Graf Wyss Baumann",
    ),
    Country(
        "Austria",
        30,
        "Jörg Günther Annelies Bärbel Florian Katharina Matthäus "
        "Stefan Theresa Ursula Klaus Käthe Paul Eva",
        "Gruber Pichler Steiner Moser Hofer Leitner Böck "
        "Fürst Egger Schwarz Pölzl Wallner Grün Auer",
    ),
)

BAD_DATES = (
    "30/02/2024",
    "2024-13-05",
    "31/04/2024",
    "2024-02-30",
    "00/05/2024",
    "2023-02-29",
    "soon",
)
BAD_AMOUNTS = ("abc", '"12,50"', "n/a", "1_000", "€19.90", "nan", "12.5.0")
BLANKS = ("", "", "  ", "\u00a0")
ZEROS = ("0.00", "0")

# How many of each at scale 1.
CLIENTS = 1500
CLIENT_DUPLICATES = {"exact duplicate": 12, "conflicting duplicate": 9}
CLIENT_FAULTS = {"bad date": 5, "no country": 4}
CLIENT_RAGGED = 2
PURCHASES = 23663
EXACT, CORRECTED, CORRECTED_LATER = "exact duplicate", "corrected", "corrected a month later"
DUPLICATES = {EXACT: 284, CORRECTED: 95, CORRECTED_LATER: 31}
FAULTS = {
    "bad date": 73,
    "bad amount": 91,
    "blank amount": 58,
    "negative": 47,
    "zero": 19,
    "unknown client": 82,
}
RAGGED = {"too few fields": 6, "too many fields": 5}

UNKNOWN = 90_000_000  # added to an id to make one that nobody else has
