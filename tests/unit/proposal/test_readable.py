"""Formats with which source files can be read: those that the errors of reading them name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import medallion as md
from medallion.errors import SourceError, TablesError
from medallion.proposal.declaration_text import declaration_text
from medallion.proposal.tables import propose_tables

SEMICOLONS = "id;city\n1;Málaga\n2;Rome\n"
REPORT = "Cities of 2024\n\nid,city\n1,Paris\n2,Rome\n"
PAGE = json.dumps({"page": 1, "data": [{"id": 1, "city": "Paris"}, {"id": 2}]}, indent=1)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", SEMICOLONS.encode(), {"csv": {"delimiter": ";"}}),
        ("a.csv", SEMICOLONS.encode("cp1252"), {"csv": {"encoding": "cp1252", "delimiter": ";"}}),
        (
            "a.tsv",
            SEMICOLONS.replace(";", "\t").encode("utf-16"),
            {"csv": {"encoding": "utf-16"}},
        ),
        ("a.csv", REPORT.encode(), {"csv": {"skip": 2}}),
        (
            "a.csv",
            b"# Cities, 2024\n# of us\nid,city\n1,Paris\n2,Rome\n",
            {"csv": {"comment": "#"}},
        ),
        ("a.csv", b"id,city\n1,Paris\n2,Rome\n", {}),
        ("a.json", PAGE.encode(), {"json": {"records": "data"}}),
    ],
)
def test_files_are_read_as_their_errors_say(
    tmp_path: Path, name: str, content: bytes, form: dict[str, Any]
) -> None:
    (tmp_path / name).write_bytes(content)
    tables = propose_tables([name], tmp_path)
    assert (tables[0].format, tables[0].rows, tables[0].unreadable) == (form, 2, 0)
    (tmp_path / "medallion.yaml").write_text(declaration_text("shop", tables), encoding="utf-8")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    assert [column.name for column in pipeline.lake.table("bronze.a").columns] == ["id", "city"]


def test_files_of_an_unknown_suffix_have_columns_at_fixed_positions(tmp_path: Path) -> None:
    lines = [f"{n:03} {'Málaga' if n else 'Rome':<10}{n * 1.5:>6.2f}\n" for n in range(9)]
    (tmp_path / "a.txt").write_text("".join(lines), encoding="cp1252")
    tables = propose_tables(["a.txt"], tmp_path)
    assert tables[0].format == {
        "fixed_width": {
            "encoding": "cp1252",
            "columns": {"column_1": "1-4", "column_2": "5-10", "column_3": "11-20"},
            "length": 20,
        }
    }
    text = declaration_text("shop", tables)
    assert "check letters with accents; CHECK THIS: columns end where all lines have blanks" in text
    (tmp_path / "medallion.yaml").write_text(text, encoding="utf-8")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    assert pipeline.lake.table("gold.a").scan().fetchall()[1] == ("001", "Málaga", Decimal("1.50"))


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (SEMICOLONS, {"csv": {"delimiter": ";"}}),
        (PAGE, {"json": {"records": "data"}}),
        (' [{"id": 1, "city": "Paris"}, {"id": 2, "city": "Rome"}]', {"json": {}}),
        ('[{"id": 1},\n{"id": 2}]\n', {"json": {}}),
        ("[a];x\n[b];1\n[c];2\n", {"csv": {"delimiter": ";"}}),
        ('{"id": 1, "city": "Paris"}\n{"id": 2, "city": "Rome"}\n', {"json": {}}),
        ("<cities><city><id>1</id></city><city><id>2</id></city></cities>", {"xml": {}}),
    ],
)
def test_files_of_an_unknown_suffix_are_read_by_what_they_contain(
    tmp_path: Path, content: str, form: dict[str, Any]
) -> None:
    (tmp_path / "a.dat").write_text(content, encoding="utf-8")
    (table,) = propose_tables(["a.dat"], tmp_path)
    assert (table.format, table.rows) == (form, 2)


def test_files_that_can_be_read_stay_so_when_others_need_a_format(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("id,city\n1,Paris\n")
    (tmp_path / "data/b.ndjson").write_text('{"id": 2, "city": "Rome"}\n')
    (tmp_path / "other.csv").write_text(SEMICOLONS)
    data, other = propose_tables(["data/*", "other.csv"], tmp_path)
    assert (data.format, data.rows) == ({}, 2)
    assert other.format == {"csv": {"delimiter": ";"}}


@pytest.mark.parametrize("name", ["b.csv", "b.txt"])
def test_files_of_a_pattern_have_the_format_of_their_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(REPORT)
    (tmp_path / name).write_text(REPORT)
    (table,) = propose_tables(["*"], tmp_path)
    assert (table.format, table.rows) == ({"csv": {"skip": 2}}, 4)


def test_files_with_different_suffixes_are_not_taken_for_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SEMICOLONS)
    (tmp_path / "b.ndjson").write_text('{"id": 2, "city": "Rome"}\n' * 4)
    with pytest.raises(SourceError, match="split by ','"):
        propose_tables(["*"], tmp_path)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"some\nprose of\nnobody\n", "neither a delimiter nor blanks"),
        (b"PK\x03\x04\x00\x81\x8d", "no format reads files with this suffix"),
        (b"", "no format reads files with this suffix"),
    ],
)
def test_other_files_of_an_unknown_suffix_are_refused(
    tmp_path: Path, content: bytes, error: str
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(SourceError, match=error):
        propose_tables(["a.txt"], tmp_path)


def test_whether_a_first_line_is_a_comment_or_the_header_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("#id,city\n1,Paris\n2,Rome\n")
    with pytest.raises(SourceError, match="the header begins with '#'"):
        propose_tables(["a.csv"], tmp_path)


def test_the_header_of_a_workbook_is_found_below_its_title(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Budget"], [], ["team", "amount"], ["a", 1], ["b", 2]):
        book.active.append(row)
    book.save(tmp_path / "budget.xlsx")
    (table,) = propose_tables(["budget.xlsx"], tmp_path)
    assert (table.format, table.rows) == ({"excel": {"header": 3}}, 2)
    assert [column.name for column in table.columns] == ["team", "amount"]


def test_a_file_that_nothing_helps_is_reported_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SEMICOLONS)
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.csv").write_bytes(b"\x00\x01")
    with pytest.raises(TablesError) as caught:
        propose_tables(["a.csv", "b.json", "c.csv"], tmp_path)
    assert len(caught.value.errors) == 2
    assert "a.csv" not in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "error"),
    [
        # No text in cp1252 either, which the error suggests.
        ([b"id,city\n1,\x81\n"], "byte 0x81 is not utf-8"),
        ([b"id;city\n1;a\n2;b\n", b"id,city\n1,a\n2,b\n"], "split by ','"),
    ],
)
def test_an_error_is_about_the_files_and_no_guess(
    tmp_path: Path, contents: list[bytes], error: str
) -> None:
    for number, content in enumerate(contents):
        (tmp_path / f"a{number}.csv").write_bytes(content)
    with pytest.raises(SourceError, match=error):
        propose_tables(["*.csv"], tmp_path)
