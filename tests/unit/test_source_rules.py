"""The rules of `make lint` that ruff and mypy lack: what they find, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`tree(*paths)` creates these modules and tests, and returns what the rule of tests finds."""
    monkeypatch.setattr(source_rules, "ROOT", tmp_path)

    def create(*paths: str) -> list[str]:
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return list(source_rules.tests(sorted((tmp_path / "src").rglob("*.py"))))

    return create


def test_a_module_has_a_test_file_of_its_name(tree: Callable[..., list[str]]) -> None:
    module = "src/medallion/lake/pointer.py"
    assert tree("src/medallion/__init__.py", "src/medallion/__main__.py") == []
    assert tree(module, "tests/unit/lake/test_pointers.py") == [
        f"{module}:1: there is no test_pointer.py"
    ]
    assert tree("tests/integration/test_pointer.py") == []


def test_modules_of_the_same_name_have_a_test_file_each(tree: Callable[..., list[str]]) -> None:
    modules = [f"src/medallion/{package}/doctor.py" for package in ("cli", "ops")]
    assert tree(*modules, "tests/unit/cli/test_doctor.py") == [
        "src/medallion/ops/doctor.py:1: there is no test_doctor.py in a folder ops"
    ]
    assert tree("tests/unit/ops/test_doctor.py") == []
    others = ["src/medallion/doctor.py", "src/medallion_panel/blocks/doctor.py"]
    (one, two) = tree(*others)
    assert one.endswith("doctor.py:1: there is no test_doctor.py in a folder unit")
    assert two.endswith("doctor.py:1: there is no test_doctor.py in a folder blocks or panel")
    assert tree("tests/unit/test_doctor.py", "tests/panel/test_doctor.py") == []


def test_every_module_has_a_test_file_or_says_where_it_is_tested() -> None:
    modules = sorted((source_rules.ROOT / "src").rglob("*.py"))
    assert list(source_rules.tests(modules)) == []
    for place, reason in source_rules.TESTED_ELSEWHERE.items():
        where = reason.rpartition(" in ")[2]
        assert (source_rules.ROOT / "src" / place).exists(), place
        assert (source_rules.ROOT / where).exists(), where


def test_a_list_of_exceptions_is_used(
    tree: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "src/medallion/kernel/stages.py"
    assert tree(module) == []
    monkeypatch.setattr(source_rules, "TESTED_ELSEWHERE", {"medallion/kernel/rows.py": ""})
    assert tree(module) == [f"{module}:1: there is no test_stages.py"]
