"""Check what ruff and mypy do not: sizes, class names, tests, plain words. Part of `make lint`.

A file of src/ has at most 300 lines, a function at most 40 without its docstring, and a class name
occurs once. A module has a test file of its name. Messages, docstrings, comments and pages avoid
words that have a plainer one.

    python -m scripts.source_rules            # all rules
    python -m scripts.source_rules words      # some: sizes, class-names, tests, words, pages
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE_LINES = 300
FUNCTION_LINES = 40
# Modules without a test file of their name, or whole folders, and where they are tested.
TESTED_ELSEWHERE = {
    "medallion/kernel/": "by subject, on whole tables, in tests/unit/kernel",
    "medallion/engines/dask/cluster.py": "with a cluster, in tests/integration/test_dask.py",
    "medallion/engines/dask/session.py": "with a cluster, in tests/integration/test_dask.py",
    "medallion/storage/bucket_source.py": "with a server, in tests/unit/storage/test_gcs.py",
    "medallion/storage/server_source.py": "with servers of each kind, in tests/unit/storage",
    "medallion_panel/messages/": "all languages together, in tests/unit/panel/test_messages.py",
}
TEST_FOLDERS = {"medallion": "unit", "medallion_api": "api", "medallion_panel": "panel"}
THINGS = "integer|number|mapping|list|text|folder|file|date|table|column|name|condition|function"
PLAIN_WORDS = {
    r"\banew\b": "again, or recomputed",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\btold\b": "reported, or told by name",
    r"\btells? (it |them |its rows |rows )?apart\b": "distinguishes",
    r"\bso many\b": "the number",
    r"\bwhoever\b": "the person",
    r"\bwhose ever\b": "whatever owner it has",
    r"\bfor good\b": "permanently, or in production",
    r"\bfor (it|this|that|they) (is|are) no\b": "because …",
    rf"(?<!there )\b(is|are|was|were) no ({THINGS})s?\b": "is not a valid …",
    r"\bnot foreseen\b": "unexpected",
    r"\bg(o|oes|oing) on (with|by|until|without|being)\b": "continue",
    r"\bat (a|the) press\b": "on demand",
    r"\bbeside\b": "next to, or compared with",
    r"\bcome no more\b": "absent",
    r"\b(is|are|was|were|be) away\b": "unreachable",
    r"\ball is well\b": "all checks passed",
    r"\bdoing it twice\b": "idempotent",
    r"\bdisappoint(s|ed|ing)?\b": "miss the cache",
    r"\bstands? (in|on|at|under|there|here|before|beside|as|between|above|below|where)\b": "is",
    r"\bit stands\b": "it is",
    r"\bmay pass\b": "is transient",
    r"\b(is|are|be|was|were) held\b(?! (by|until the end of) )": "is kept, or is cached",
}
WORDS = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in PLAIN_WORDS.items()}
REFERENCE = re.compile(r"^<!-- reference: .*?^<!-- end of reference -->$", re.MULTILINE | re.DOTALL)
# Before Python 3.12 an f-string is one STRING token.
TEXT_TOKENS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}


def main(names: list[str]) -> int:
    """Print every problem as `file:line: message`; how many there are."""
    modules = sorted((ROOT / "src").rglob("*.py"))
    problems = [problem for name in names or RULES for problem in RULES[name](modules)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return len(problems)


def sizes(modules: list[Path]) -> Iterator[str]:
    """Files and functions that are too long."""
    for path in modules:
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > FILE_LINES:
            yield f"{relative(path)}:1: {lines} lines, more than {FILE_LINES}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = ast.get_docstring(node, clean=False)
                lines = (node.end_lineno or 0) - node.lineno + 1
                lines -= docstring.count("\n") + 1 if docstring else 0
                if lines > FUNCTION_LINES:
                    place = f"{relative(path)}:{node.lineno}"
                    yield f"{place}: {node.name} has {lines} lines, more than {FUNCTION_LINES}"


def class_names(modules: list[Path]) -> Iterator[str]:
    """Names that more than one class has."""
    places = defaultdict(list)
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{relative(path)}:{node.lineno}")
    for name, classes in sorted(places.items()):
        if len(classes) > 1:
            yield f"{classes[0]}: class {name} again at {', '.join(classes[1:])}"


def tests(modules: list[Path]) -> Iterator[str]:
    """Modules without a test file of their name: one for each package, if several share it."""
    folders = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        folders[path.stem.removeprefix("test_")].add(path.parent.name)
    named = [path for path in modules if path.stem not in ("__init__", "__main__")]
    counts = Counter(path.stem for path in named)
    for path in named:
        package = path.relative_to(ROOT / "src").parent
        own = {TEST_FOLDERS.get(package.name, package.name)}
        own |= {TEST_FOLDERS[part] for part in package.parts[:1] if part != "medallion"}
        tested = folders[path.stem] & own if counts[path.stem] > 1 else folders[path.stem]
        if not tested and not str(package / path.name).startswith(tuple(TESTED_ELSEWHERE)):
            where = f" in a folder {' or '.join(sorted(own))}" if counts[path.stem] > 1 else ""
            yield f"{relative(path)}:1: there is no test_{path.name}{where}"


def words(modules: list[Path]) -> Iterator[str]:
    """Words of messages, docstrings and comments that have a plainer one."""
    for path in modules:
        yield from plain(path, prose(path))


def pages(_modules: list[Path]) -> Iterator[str]:
    """Words of pages that have a plainer one, without sections that are made of docstrings."""
    for path in sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]):
        text = REFERENCE.sub(lambda section: "\n" * section[0].count("\n"), path.read_text("utf-8"))
        yield from plain(path, enumerate(text.splitlines(), 1))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The comments and texts of a module, with their lines."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type in TEXT_TOKENS:
                yield from enumerate(token.string.splitlines(), token.start[0])


def plain(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[str]:
    """The words of some lines that a plainer one should replace."""
    for number, line in lines:
        for pattern, advice in WORDS.items():
            if match := pattern.search(line):
                yield f"{relative(path)}:{number}: {match[0]!r}: write {advice}"


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


RULES: Mapping[str, Callable[[list[Path]], Iterator[str]]] = {
    "sizes": sizes,
    "class-names": class_names,
    "tests": tests,
    "words": words,
    "pages": pages,
}


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
