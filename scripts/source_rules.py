"""Check what ruff and mypy do not: size, unique class names and plain words. Part of `make lint`.

A file of src/ has at most 300 lines, a function at most 40 without its docstring, and a class name occurs once.
Messages, docstrings, comments and pages avoid the words below, which readers of this field do not use.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE_LINES = 300
FUNCTION_LINES = 40
PLAIN = {
    r"\banew\b": "again, or recomputed",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\b(is|are|was|were|be) told\b": "reported",
    r"\btold (at once|with|here|there|apart)\b": "reported",
    r"\btells? (it |them |its rows |rows )?apart\b": "distinguishes",
    r"\bso many\b": "name the number",
    r"\bwhoever\b": "name the person",
    r"\bfor good\b": "permanently, or in production",
    r"\b(is|are|was) (no|not an?) (integer|number|mapping|list|text|folder|file|date)\b": "is not a valid …",
    r"\bnot foreseen\b": "unexpected",
    r"\bgo(es)? on (with|by|until|without|being)\b": "continues",
    r"\bat a press\b": "on demand",
    r"\bbeside (what|the live|this|these|it|them)\b": "next to",
    r"\bcome no more\b": "absent",
}
WORDS = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in PLAIN.items()}


def main() -> int:
    """Print every problem as `file:line: message`; how many there are."""
    sources = sorted((ROOT / "src").rglob("*.py"))
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    problems = [*sizes(sources), *class_names(sources)]
    for path in sources:
        problems += words(path, prose(path))
    for path in sorted(pages):
        problems += words(path, enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return len(problems)


def sizes(sources: list[Path]) -> Iterator[str]:
    """Files and functions that are too long."""
    for path in sources:
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > FILE_LINES:
            yield f"{shown(path)}:1: {lines} lines, more than {FILE_LINES}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = ast.get_docstring(node, clean=False)
                lines = (node.end_lineno or 0) - node.lineno + 1
                lines -= docstring.count("\n") + 1 if docstring else 0
                if lines > FUNCTION_LINES:
                    yield f"{shown(path)}:{node.lineno}: {node.name} has {lines} lines, more than {FUNCTION_LINES}"


def class_names(sources: list[Path]) -> Iterator[str]:
    """Names that more than one class has."""
    places = defaultdict(list)
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{shown(path)}:{node.lineno}")
    for name, homes in sorted(places.items()):
        if len(homes) > 1:
            yield f"{homes[0]}: class {name} again at {', '.join(homes[1:])}"


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The comments and texts of a module, with their lines."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING) or token.type == FSTRING_MIDDLE:
                yield from enumerate(token.string.splitlines(), token.start[0])


FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)


def words(path: Path, lines: Iterator[tuple[int, str]] | enumerate[str]) -> Iterator[str]:
    """Words that a plainer one should replace."""
    for number, line in lines:
        for pattern, advice in WORDS.items():
            if match := pattern.search(line):
                yield f"{shown(path)}:{number}: {match[0]!r}: write {advice}"


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
