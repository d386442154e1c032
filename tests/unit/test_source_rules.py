"""The rules of `make lint` that ruff and mypy lack: what they find, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts import source_rules


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of a tree of its own."""
    monkeypatch.setattr(source_rules, "ROOT", tmp_path)
    return tmp_path / "src" / "module.py"


def check(path: Path, text: str, *names: str) -> list[str]:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [problem for name in names for problem in source_rules.RULES[name]([path])]


@pytest.mark.parametrize(
    "text",
    [
        "# computed anew",
        '"""A missing bucket is told."""',
        '"""Loads next to what is live.\n\n    Whoever reads it sees no change.\n    """',
        'raise ValueError(f"{value!r} is no integer for {name}")',
        'query = "with told as (select 1) from told"',
        "# the lease stands in the lake",
        "# the run goes on without it",
    ],
)
def test_words_with_a_plainer_one_are_found_in_texts_and_comments(module: Path, text: str) -> None:
    (problem, *_) = check(module, text, "words")
    assert problem.startswith("src/module.py:")


@pytest.mark.parametrize(
    "text",
    [
        "told = held = anew = 1",  # names are for review
        "# there is no table of this name",
        "# `*` stands for any part of a name",
        '"""The lease is held by another run."""',
        "# a standalone server",
        '"""0.5 is not a valid integer."""',
    ],
)
def test_plain_words_are_left_alone(module: Path, text: str) -> None:
    assert check(module, text, "words") == []


def test_pages_are_searched_without_what_docstrings_have_in_them(module: Path) -> None:
    page = module.parents[1] / "README.md"
    reference = "<!-- reference: python -->\n\nComputed anew.\n\n<!-- end of reference -->\n"
    page.write_text(f"# A page\n\n{reference}\nRows that come no more.\n", encoding="utf-8")
    assert check(module, "", "pages") == ["README.md:9: 'come no more': write absent"]


def test_long_files_and_functions_are_found(module: Path) -> None:
    lines = "\n".join(["def long():", '    """One.\n\n    Two."""', *["    x = 1"] * 40])
    (function,) = check(module, lines + "\n", "sizes")
    assert function == "src/module.py:1: long has 41 lines, more than 40"
    assert check(module, lines.replace("    x = 1\n", "", 1) + "\n", "sizes") == []
    (file,) = check(module, "x = 1\n" * 301, "sizes")
    assert file == "src/module.py:1: 301 lines, more than 300"
    assert check(module, "x = 1\n" * 300, "sizes") == []


def test_a_class_name_occurs_once(module: Path) -> None:
    assert check(module, "class A: ...\nclass B: ...\n", "class-names") == []
    assert check(module, "class A: ...\nclass A: ...\n", "class-names") == [
        "src/module.py:1: class A again at src/module.py:2"
    ]
