"""Every snippet of the README and of the documentation does what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import PluginError
from tests.examples.snippets import (
    ELSEWHERE,
    ROOT,
    SnippetError,
    compare,
    pages,
    run,
    run_page,
    snippets,
)

PAGES = [
    page
    for page in pages()
    if any(not found.reason for found in snippets(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


def test_what_is_not_run_says_why() -> None:
    """A mark that is neither before a snippet nor above a page's heading would skip nothing."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        reasons = {found.reason for found in snippets(text)} - {""}
        marks = text.count("<!-- not run: ")
        assert len(reasons) <= marks, page
        assert bool(reasons) == bool(marks), page


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("```console\n$ false\n```\n", "ended with 1"),
        ("```console\n$ echo one\ntwo\n```\n", "the page says"),
        ("```console\n$ printf 'one\\ntwo\\n'\ntwo\none\n```\n", "the page says"),
        ("```python\nassert 1 == 2\n```\n", "AssertionError"),
        ("```yaml\nname: wrong\ntables: {silver: {a: {from: b.c}}}\n```\n", "no table 'b.c'"),
        ("```yaml\n- trim\n- nonsense: 1\n```\n", "nonsense"),
        ("```yaml\n- {not_null: a, on_fail: warn}\n- nonsense: 1\n```\n", "nonsense"),
        ("```python\nimport warnings\nwarnings.warn('careful')\n```\n", "careful"),
    ],
)
def test_a_wrong_snippet_is_reported(tmp_path: Path, body: str, message: str) -> None:
    (snippet,) = snippets(body)
    with pytest.raises((SnippetError, PluginError), match=message):
        run(snippet, tmp_path)


def test_ids_times_and_paths_may_differ(tmp_path: Path) -> None:
    output = f"release   20261123-222924-273c60  just now\n{tmp_path}/lake in 1.75 s\n"
    compare(
        ["release 20250101-000000-abcdef 3 seconds ago", "…", "FOLDER/lake in 9.1 s"],
        output,
        tmp_path,
    )


def test_pages_that_are_run_elsewhere_are() -> None:
    for page, tests in ELSEWHERE.items():
        assert page in (ROOT / tests).read_text(encoding="utf-8")
