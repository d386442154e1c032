"""Every text of the interface is a message with a translation into each language."""

from __future__ import annotations

import ast
import calendar
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import medallion_panel
from medallion_panel.messages.catalogue import AREAS, CATALOGUE
from medallion_panel.messages.messages import LANGUAGES, Messages, messages_in

FOLDER = Path(medallion_panel.__file__).parent
# Not texts of the interface: the declaration and its errors, code to be copied, expressions.
OTHER_MODULES = {
    "block_settings.py": "errors of a declaration",
    "section.py": "errors of a declaration",
    "palette.py": "errors of a declaration",
    "logo.py": "errors of a declaration",
    "block_models.py": "errors of a declaration",
    "table_settings.py": "errors of a declaration",
    "text_figures.py": "errors of a declaration",
    "block_faults.py": "errors of a declaration",
    "annotation_settings.py": "errors of a declaration",
    "series_settings.py": "errors of a declaration",
    "data/cache_loader.py": "the log",
    "data/column_cache.py": "SQL",
    "data/origin_reader.py": "SQL and errors of the lake",
    "data/quarantine_reader.py": "SQL and errors of the lake",
    "blocks/reject_snippets.py": "code",
    "data/stores.py": "errors of an installation",
    "data/cached_store.py": "errors of the store",
    "data/world.py": "names of countries",
    "ui/security_headers.py": "headers",
    "ui/shared_watchers.py": "errors of a program",
    "ui/chart_images.py": "a script without words",
    "ui/print_layout.py": "a script without words",
    "ui/theme.py": "names of typefaces",
    "blocks/code_snippets.py": "code",
    "blocks/table_code.py": "code",
    "data/lake_reader.py": "SQL",
    "data/table_profile.py": "SQL",
    "lake_block_settings.py": "errors of a declaration",
    "blocks/group_snippets.py": "code",
}
NOT_TEXTS = {
    "Etag",  # of HTTP
    "GET ",  # of HTTP
    "MMM yyyy",  # patterns of dates
    "QQQ yyyy",
    "color-mix(in srgb, ",  # CSS
    "repeat(auto-fill, minmax(",
    "box chosen",  # of classes
    "mark ",  # in the log
    " of card ",
    "medallion run",  # commands
    "medallion diff ",
    "medallion publish ",
    "medallion discard ",
    "not applied",  # a key
    "published yet",  # of errors of stores
}
# Names in the data, which are sorted by the calendar.
IN_DATA = (*calendar.day_name, *calendar.month_name)
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
TAG = re.compile(r"<[^>]*>|\{[^{}]*\}|[a-z-]+='[^']*'")
WORDS = re.compile(
    r"^[A-Z][a-z]+$|[A-Za-z]{2,}[,.;:]? [a-z]{2,}|[“”]|\w …|^ ?[a-z]{2,} $|^ [a-z]{2,} "
)
IN_SCRIPT = re.compile(r"""["'`]([A-Z][a-z]+ [^"'`\n]*)["'`]|textContent = ["'`]([^"'`\n]+)["'`]""")


def messages_of(module: str) -> Iterator[tuple[int, str]]:
    """The literals of a module that a visitor would read, with their lines."""
    tree = ast.parse(module)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # docstrings, of classes, functions and names
            skipped |= {
                id(each.value)
                for each in body
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
            }
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log"):
            skipped |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


def is_text(literal: str) -> bool:
    """Whether a literal has words for visitors."""
    if "export function render" in literal or "=>" in literal:
        return IN_SCRIPT.search(literal) is not None
    if re.search(r"[{;]\s*[\w-]+: [^;]+;|\b(return|const) ", literal):  # styles and scripts
        return False
    plain = TAG.sub("", STYLE.sub("", literal)).strip("\n")
    return WORDS.search(plain) is not None


def test_every_text_of_the_interface_is_a_message() -> None:
    bypassing = []
    for path in sorted(FOLDER.rglob("*.py")):
        place = str(path.relative_to(FOLDER))
        if place in OTHER_MODULES or place.startswith("messages/"):
            continue
        bypassing += [
            f"{place}:{line}: {text!r} is not a message in medallion_panel/messages"
            for line, text in messages_of(path.read_text(encoding="utf-8"))
            if is_text(text)
            and text not in CATALOGUE
            and text not in NOT_TEXTS
            and text not in IN_DATA
        ]
    assert not bypassing, "\n".join(bypassing)


@pytest.mark.parametrize(
    ("literal", "found"),
    [
        ("No rows match.", True),
        ("<p>All rows were kept.</p>", True),
        (" of ", True),
        ("Rows", True),
        ("<style>p { margin: 0; color: red }</style>", False),
        ("stretch_width", False),
        ('export function render() { button.append("Clear filters") }', True),
        ('export function render() { if (event.key === "Enter") return }', False),
    ],
)
def test_a_text_is_found(literal: str, found: bool) -> None:
    assert is_text(literal) is found


def test_a_message_is_said_and_not_written() -> None:
    """A literal that is a message is an argument of `say`, or has a name that is."""
    written = []
    for path in sorted(FOLDER.rglob("*.py")):
        if "messages" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or ast.unparse(node.func).endswith(("say", "map")):
                continue
            texts = [*node.args, *(each.value for each in node.keywords)]
            written += [
                f"{path.relative_to(FOLDER)}:{text.lineno}: {text.value!r} without `say`"
                for text in texts
                if isinstance(text, ast.Constant)
                and text.value in CATALOGUE
                and is_text(str(text.value))
            ]
    assert not written, "\n".join(written)


def test_every_message_is_used() -> None:
    sources = [path for path in FOLDER.rglob("*.py") if "messages" not in path.parts]
    literals = {text for path in sources for _, text in messages_of(path.read_text("utf-8"))}
    assert CATALOGUE.keys() - literals == set()


def placeholders(text: str) -> list[set[str]]:
    """The placeholders of a message, of singular and plural."""
    forms = text.split(" | ")
    return [{name for _, name, _, _ in string.Formatter().parse(form) if name} for form in forms]


def test_every_language_has_every_message_with_its_placeholders() -> None:
    for text, translation in CATALOGUE.items():
        for language, translated in zip(translation._fields, translation, strict=True):
            assert translated.strip(), f"{text!r} has no translation into {language}"
            assert placeholders(translated) == placeholders(text), (language, text)


def test_a_message_is_in_one_area() -> None:
    counts = Counter(text for area in AREAS for text in area)
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [
        ("en_IE", "1 row", "1,200 rows"),
        ("fr_FR", "1 ligne", "1\u202f200 lignes"),
        ("de_DE", "1 Zeile", "1.200 Zeilen"),
        ("es_ES", "1 fila", "1.200 filas"),
        ("nl_NL", "1 row", "1.200 rows"),
        ("xx", "1 row", "1,200 rows"),
    ],
)
def test_numbers_and_plurals_are_those_of_the_locale(locale: str, one: str, many: str) -> None:
    say, message = messages_in(locale), "{count} row | {count} rows"
    assert (say(message, count=1), say(message, count=1200)) == (one, many)


def test_a_value_may_have_any_name_and_text() -> None:
    say = Messages("de_CH")
    assert say("The record as it is in the file: {text}", text="{a} | b") == (
        "Der Datensatz, wie er in der Datei ist: {a} | b"
    )
    assert LANGUAGES == ("en", "fr", "de", "es")


def test_a_text_that_is_no_message_is_an_error() -> None:
    with pytest.raises(KeyError):
        Messages("en_IE")("Not a message")
