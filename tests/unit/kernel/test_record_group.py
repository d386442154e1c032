"""A file that is parsed in a group has the records, rejects and warnings that it has alone."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.contracts import Format, GroupedFile, LocalFile, Parsed
from medallion.errors import SourceError
from medallion.formats.csv import Csv
from medallion.formats.json import Json
from medallion.formats.parquet import Parquet
from medallion.kernel.record_group import LocalGroup, parse_group
from tests.example_counts import examples

EXAMPLES = int(os.environ.get("MEDALLION_TEST_GROUPS", examples(30, 60)))
Outcome = tuple[Parsed, list[tuple[Any, ...]]] | str
File = tuple[str, bytes]

cell = st.sampled_from(
    [
        "",
        "1",
        "a",
        " ",
        ' "q"',
        '"q"',
        '"a,b"',
        '"a""b"',
        '"',
        'a"b',
        '"a\nb"',
        "é",
        "NA",
        "\\",
        "#",
        "\0",
    ]
)
header = st.sampled_from(
    [
        "id,name",
        "id,name",
        "id,name",
        "ID , name",
        "id,name,x",
        "id;name",
        "id",
        "id,",
        ",name",
        "#id,name",
        '"id",name',
        "1,2",
    ]
)
line = st.one_of(
    st.builds("{},{}".format, cell, cell),
    st.sampled_from(["", "1", "1,2,3", "1,2,", "id,name", " ID,Name", "# x,y", " ", ",", "sep=;"]),
)
ending = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def csv_files(draw: st.DrawFn) -> File:
    break_, lines = draw(ending), draw(st.lists(line, max_size=5))
    text = break_.join([draw(header), *lines]) + draw(st.sampled_from(["", break_, break_ * 2]))
    mark = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "cp1252", "utf-16"]))
    return draw(st.sampled_from(["csv", "csv", "tsv"])), mark + text.encode(encoding)


value = st.sampled_from(
    [
        "1",
        "1.5",
        '"a"',
        "null",
        "true",
        "[]",
        "{}",
        '{"b": 1}',
        "[1, 2]",
        "12345678901234567890",
        '"é"',
    ]
)
json_line = st.one_of(
    st.builds('{{"a": {}, "b": {}}}'.format, value, value),
    st.builds('{{"a": {}}}'.format, value),
    st.sampled_from(["", "1", "{", '{"a": 1, "a": 2}', "x"]),
)
json_files = st.builds(
    lambda lines, array: (
        "json",
        (f"[{','.join(lines)}]" if array else "\n".join(lines)).encode(),
    ),
    st.lists(json_line, max_size=4),
    st.booleans(),
)

forms = st.sampled_from(
    [
        Csv(),
        Csv(),
        Csv(null=("NA", "1", "0")),
        Csv(delimiter=","),
        Csv(comment="#"),
        Csv(escape="\\"),
        Csv(quote=""),
        Csv(header=False, columns=("id", "name")),
        Csv(skip=1),
        Csv(header=True),
        Csv(encoding="cp1252"),
    ]
)


def alone(form: Format, file: LocalFile, folder: Path) -> Outcome:
    target = folder / "alone.parquet"
    with duckdb.connect() as connection:
        try:
            parsed = form.parse(file.path, file.name, target, connection)
        except SourceError as error:
            return str(error)
        rows = connection.execute(f"select * from read_parquet('{target}')").fetchall()
    return parsed, rows


def in_group(group: LocalGroup) -> list[Outcome]:
    shared_by = Counter(file.number for file in group.files if isinstance(file, GroupedFile))
    return [
        _records(file, group.targets[file.number], shared_by[file.number])
        if isinstance(file, GroupedFile)
        else str(file)
        for file in group.files
    ]


def _records(file: GroupedFile, target: Path, shared_by: int) -> Outcome:
    query = f"select * from read_parquet('{target}')"
    if file.place is not None:
        assert shared_by > 1
        query = (
            f"select * exclude (_origin) from read_parquet('{target}') "
            f"where _origin >> 34 = {file.place} order by _origin"
        )
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
        if file.place is not None:
            positions = connection.execute(
                f"select _origin & {(1 << 34) - 1} from read_parquet('{target}') "
                f"where _origin >> 34 = {file.place} order by all"
            ).fetchall()
            assert positions == [(number,) for number in range(len(rows))]
    return file.parsed, rows


def parsed_both_ways(
    files: Sequence[tuple[Format, str, bytes]], folder: Path
) -> tuple[list[Outcome], LocalGroup]:
    task_files = []
    for number, (form, suffix, content) in enumerate(files):
        path = folder / f"{number}.{suffix}"
        path.write_bytes(content)
        task_files.append((form, LocalFile(path, path.name)))
    with duckdb.connect() as connection:
        group = parse_group(task_files, folder / "group", connection)
    left = {path for path in (folder / "group").rglob("*") if path.is_file()}
    assert left == set(group.targets), "only the results are left"
    return [alone(form, file, folder) for form, file in task_files], group


@settings(max_examples=EXAMPLES, deadline=None)
@given(form=forms, files=st.lists(csv_files(), min_size=1, max_size=6))
def test_csv(form: Csv, files: list[File]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        expected, group = parsed_both_ways([(form, *file) for file in files], Path(temporary))
        assert in_group(group) == expected


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(files=st.lists(json_files, min_size=1, max_size=5))
def test_json(files: list[File]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        expected, group = parsed_both_ways([(Json(), *file) for file in files], Path(temporary))
        assert in_group(group) == expected


def test_files_with_the_same_columns_share_a_file(tmp_path: Path) -> None:
    plain = [b"a,b\n%d,2\n" % number for number in range(8)]
    contents = [*plain, b"a,b\n", b'a,b\n"3\n4",5\n', b'a,b\n"6\n7",8\n', b"b,a\n9,10\n"]
    expected, group = parsed_both_ways([(Csv(), "csv", each) for each in contents], tmp_path)
    assert in_group(group) == expected
    assert len(group.targets) == 3  # of lines, of records over several lines, of another header


def test_lines_that_are_not_records_do_not_keep_others_from_being_read_together(
    tmp_path: Path,
) -> None:
    good = [b"a,b\n%d,2\n" % number for number in range(20)]
    contents = [*good[:7], b"a,b\n1,2,3\n4,5\n", *good[7:], b"a,b\na,b\n1,2\n"]
    expected, group = parsed_both_ways([(Csv(), "csv", each) for each in contents], tmp_path)
    assert in_group(group) == expected
    assert len(group.targets) < 6


@pytest.mark.parametrize("quote", ['"', ""])
def test_numbers_that_are_null_do_not_lose_the_place_of_a_record(
    tmp_path: Path, quote: str
) -> None:
    form = Csv(null=("0", "1"), quote=quote)
    files = [(form, "csv", b"a,b\n0,x\n1,y\n2,z\n")] * 3
    expected, group = parsed_both_ways(files, tmp_path)
    assert in_group(group) == expected
    assert len(group.targets) == 1


def test_numbers_without_bounds_are_alone(tmp_path: Path) -> None:
    contents = [b'[{"a": 1, "b": "x"}]', b'[{"a": 2, "b": "y"}]', b'[{"a": null, "b": 1}]']
    expected, group = parsed_both_ways([(Json(), "json", each) for each in contents], tmp_path)
    assert in_group(group) == expected
    assert len(group.targets) == 2


@pytest.mark.parametrize("count", [2, 5])
def test_parquet_files_share_a_file_if_their_types_are_equal(tmp_path: Path, count: int) -> None:
    contents = []
    with duckdb.connect() as connection:
        for number in range(count):
            for type_ in ("integer", "bigint", "timestamptz", "integer[]"):
                path = tmp_path / "made.parquet"
                value = {"timestamptz": "now()", "integer[]": f"[{number}]"}.get(type_, number)
                connection.execute(f"copy (select {value}::{type_} as a) to '{path}'")
                contents.append((Parquet(), "parquet", path.read_bytes()))
    expected, group = parsed_both_ways(contents, tmp_path)
    assert in_group(group) == expected
    assert len(group.targets) == 4
