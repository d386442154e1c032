"""The pattern of a source: its folder, and which names match."""

from __future__ import annotations

import pytest

from medallion.declaration.source_pattern import excludes, label, names_one_file, regex, split


@pytest.mark.parametrize(
    ("source", "root", "rest"),
    [
        ("data/orders.csv", "data", "orders.csv"),
        ("orders.csv", ".", "orders.csv"),
        ("data/*.csv", "data", "*.csv"),
        ("data/**/2024/*.csv", "data", "**/2024/*.csv"),
        ("data/[ab]/x.csv", "data", "[ab]/x.csv"),
        ("/data/x?.csv", "/data", "x?.csv"),
        ("s3://bucket/in/*.csv", "s3://bucket/in", "*.csv"),
        ("s3://bucket/x.csv", "s3://bucket", "x.csv"),
        ("https://host/in/x.csv", "https://host/in", "x.csv"),
        ("https://host/export.csv?from=a/b*", "https://host?from=a/b*", "export.csv"),
        ("http://[::1]:8000/x.csv", "http://[::1]:8000", "x.csv"),
        ("https://host/x.csv?q=a::b", "https://host?q=a::b", "x.csv"),
        ("ftp://ann:w@[fe80::1]:21/in/[ab].csv", "ftp://ann:w@[fe80::1]:21/in", "[ab].csv"),
        ("sftp://[fe80::1%25eth0]:22/in/*.csv", "sftp://[fe80::1%25eth0]:22/in", "*.csv"),
        ("data/[a:f]/x.csv", "data", "[a:f]/x.csv"),
        ("data/a::b.csv", "data", "a::b.csv"),
        ("zip://*.csv::http://[::1]/x.zip", "zip://::http://[::1]/x.zip", "*.csv"),
        ("zip://in/*.csv::data/x.zip", "zip://::data/x.zip", "in/*.csv"),
        ("tar://*::s3://bucket/x.tgz", "tar://::s3://bucket/x.tgz", "*"),
    ],
)
def test_the_folder_ends_before_the_first_wildcard(source: str, root: str, rest: str) -> None:
    assert split(source) == (root, rest)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*.csv", ["a.csv"], [".a.csv", "b/a.csv", "a.csv.gz"]),
        ("**/*.csv", ["a.csv", "b/a.csv", "b/c/a.csv"], ["b/.a.csv", ".b/a.csv"]),
        ("a?.csv", ["ab.csv"], ["a.csv", "abc.csv", "a/.csv"]),
        ("[ab].csv", ["a.csv", "b.csv"], ["c.csv"]),
        (".hidden.csv", [".hidden.csv"], ["xhidden.csv"]),
        ("a+b.csv", ["a+b.csv"], ["aab.csv"]),
    ],
)
def test_wildcards_match_within_one_folder_and_hidden_files_by_name_only(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    expression = regex(pattern)
    assert [name for name in matching if not expression.fullmatch(name)] == []
    assert [name for name in others if expression.fullmatch(name)] == []


def test_a_name_is_one_file() -> None:
    assert names_one_file("orders.csv")
    assert not names_one_file("*.csv")
    assert not names_one_file("2024/orders.csv")


@pytest.mark.parametrize(
    ("root", "path", "name"),
    [
        (".", "a.csv", "a.csv"),
        ("data", "b/a.csv", "data/b/a.csv"),
        ("data", "what?.csv", "data/what?.csv"),
        ("https://host/in?day=1", "a.csv", "https://host/in/a.csv?day=1"),
        ("zip://::data/x.zip", "in/a.csv", "data/x.zip/in/a.csv"),
        ("tar://::s3://bucket/x.tgz", "a.csv", "s3://bucket/x.tgz/a.csv"),
    ],
)
def test_a_file_is_called_by_its_place(root: str, path: str, name: str) -> None:
    assert label(root, path) == name


@pytest.mark.parametrize(
    "name",
    ["draft.csv", "in/draft.csv", "/in/draft.csv", "../in/draft.csv", "s3://bucket/in/draft.csv"],
)
def test_files_are_excluded_wherever_they_are(name: str) -> None:
    assert excludes("**/draft*.csv", name)
    assert excludes(name, name)
    assert not excludes("**/raft*.csv", name)
    assert not excludes("in/*.txt", name)
