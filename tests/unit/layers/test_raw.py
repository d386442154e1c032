"""The raw layer: source files under their hashes, and their records in the table's types."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.contracts import Inputs, description_path
from medallion.errors import MedallionError
from medallion.layers.raw import Raw
from medallion.records import SourceFile
from medallion.storage.digests import Stored
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import write_record
from tests.unit.layers.conftest import SourceMaker, snapshot

BASE = 3 << 55  # of the ids of table 3


def rows(relation: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
    return sorted(relation.fetchall())


def keep(storage: LocalStorage, folder: Path, name: str, data: bytes) -> Stored:
    inbox = LocalStorage(folder / "inbox")
    inbox.put(name, data)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    item = Raw().keep(storage, "clients", inbox, name, scratch)
    assert list(scratch.iterdir()) == []
    return item


def test_bytes_are_kept_once_under_their_hash_with_their_suffixes(
    storage: LocalStorage, tmp_path: Path
) -> None:
    sha256 = hashlib.sha256(b"data").hexdigest()
    item = keep(storage, tmp_path, "in/2025.01.02/a.csv.gz", b"data")
    assert item == Stored(f"clients/objects/{sha256}.csv.gz", 4, sha256)
    assert storage.read(item.path)[0] == b"data"
    before = storage.info(item.path)
    assert keep(storage, tmp_path, "b.csv.gz", b"data") == item
    assert storage.info(item.path) == before
    empty = keep(storage, tmp_path, "none", b"")
    assert empty.path == f"clients/objects/{hashlib.sha256().hexdigest()}"


def test_a_damaged_object_is_replaced(storage: LocalStorage, tmp_path: Path) -> None:
    item = keep(storage, tmp_path, "a.csv", b"data")
    storage.put(item.path, b"dat!")
    assert keep(storage, tmp_path, "a.csv", b"data") == item
    assert storage.read(item.path)[0] == b"data"


def test_records_are_kept_by_the_bytes_of_their_files_and_how_they_are_read() -> None:
    path = Raw().records("clients", ["ab12-csv", "cd34-csv"])
    assert path == Raw().records("clients", ("ab12-csv", "cd34-csv"))
    assert path.startswith("clients/records/")
    others = [["ab12-csv"], ["cd34-csv", "ab12-csv"], ["ab12-csv", "cd34-json"]]
    assert len({path, *(Raw().records("clients", files) for files in others)}) == 4


def test_tables_that_are_computed_are_refused(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(MedallionError, match="stores source files only"):
        Raw().write(storage, "t", connection.sql("select 1 as a"), connection, tmp_path)


def test_each_row_has_the_id_of_its_table_file_and_position(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    types = {"id": "text", "it's": "text"}
    one = source("one", "select n::varchar as id, 'x' as \"it's\" from range(2) t(n)", types)
    two = source("two", "select 'é' as id, null::varchar as \"it's\"", types)
    relation = Raw().scan(storage, snapshot(types, one, two), connection)
    assert relation.columns == ["_row", "_origin", "id", "it's"]
    assert rows(relation) == [
        (BASE, BASE, "0", "x"),
        (BASE + 1, BASE + 1, "1", "x"),
        (BASE + (1 << 34), BASE + (1 << 34), "é", None),
    ]


def test_a_range_of_the_records_of_a_file_has_their_ids(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    types = {"a": "text"}
    alone = snapshot(types, source("one", "select n::varchar as a from range(5) t(n)", types))
    shared_file = snapshot(types, shared(source, 3)[0])
    for table in (alone, shared_file):
        every = rows(Raw().scan(storage, table, connection))
        for start in range(len(every) + 1):
            for stop in range(start, len(every) + 1):
                part = Raw().read_range(storage, table, range(start, stop), connection)
                assert part.columns == ["_row", "_origin", "a"]
                assert rows(part) == every[start:stop]


def test_originals_of_one_file_are_the_wanted_records(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    types = {"a": "text"}
    table = snapshot(types, source("one", "select n::varchar as a from range(9) t(n)", types))
    for places in ([], [0], [8], [2, 5], [*range(9)]):
        origins = [BASE + place for place in places]
        wanted = connection.sql(f"select unnest({origins}::bigint[]) as _origin")
        originals = Raw().originals(storage, table, wanted, Inputs(connection))
        assert rows(originals) == [
            (BASE + place, "one", place + 1, f'{{"a":"{place}"}}') for place in places
        ]


def test_files_with_other_columns_or_types_are_read_as_the_table(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    one = source("one", "select 1::bigint as a, 'x' as b", {"a": "int64", "b": "text"})
    two = source("two", "select 2.5::double as a", {"a": "float64"})
    three = source("three", "select 3::bigint as a, 'z' as b", {"a": "int64", "b": "text"})
    table = snapshot({"a": "float64", "b": "text", "c": "date"}, one, two, three)
    relation = Raw().scan(storage, table, connection)
    assert rows(relation.project("(_row >> 34) & 255, a, b, c")) == [
        (0, 1.0, "x", None),
        (1, 2.5, None, None),
        (2, 3.0, "z", None),
    ]


def test_a_value_that_does_not_fit_the_table_names_its_file(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    one = source("one.json", "select 1.5::double as a", {"a": "float64"})
    relation = Raw().scan(storage, snapshot({"a": "int64"}, one), connection)
    with pytest.raises(duckdb.InvalidInputException) as error:
        relation.fetchall()
    assert (
        "bronze.t: one.json: column 'a' is float64, other files need int64: 1.5 does not fit int64"
    ) in str(error.value)


def test_a_table_without_files_has_its_columns_and_no_rows(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection
) -> None:
    relation = Raw().scan(storage, snapshot({"a": "decimal(12,2)", 'b"c': "text"}), connection)
    assert relation.columns == ["_row", "_origin", "a", 'b"c']
    assert [str(type_) for type_ in relation.types[2:]] == ["DECIMAL(12,2)", "VARCHAR"]
    assert relation.fetchall() == []


def test_originals_are_the_records_with_their_numbers_in_the_file(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    types = {"a": "text", "b": "text"}
    one = source("data/it's.csv", "select 'x' as a, null::varchar as b", types)
    query = "select n::varchar as a, 'é\"' as b from range(4) t(n)"
    two = source("data/two.csv", query, types, quarantined=2)
    rejects = [[2, "1 field instead of 2", "q"], [3, "1 field instead of 2", "r"]]
    described = {"number": 0, "place": None, "parsed": {"rejects": rejects}}
    body = json.dumps({"files": [described]}).encode()
    write_record(storage, description_path(two.records), body)
    table = snapshot(types, one, two)
    second = BASE + (1 << 34)
    wanted = connection.sql(
        f"select unnest([{BASE}, {second}, {second + 1}, {second + 3}]) as _origin"
    )
    originals = Raw().originals(storage, table, wanted, Inputs(connection))
    assert rows(originals) == [
        (BASE, "data/it's.csv", 1, '{"a":"x","b":null}'),
        (second, "data/two.csv", 1, '{"a":"0","b":"é\\""}'),
        (second + 1, "data/two.csv", 4, '{"a":"1","b":"é\\""}'),
        (second + 3, "data/two.csv", 6, '{"a":"3","b":"é\\""}'),
    ]


def test_a_snapshot_needs_the_bytes_and_the_records_of_each_file(source: SourceMaker) -> None:
    one = source("one", "select 1::bigint as a", {"a": "int64"})
    table = snapshot({"a": "int64"}, one)
    records = Stored(one.records, one.records_bytes, one.records_sha256)
    assert list(Raw().stored(table)) == [
        Stored("t/objects/one", 0, ""),
        records,
        Stored("t/records/one.json"),
    ]
    assert Raw().objects(table) == [
        "t/objects/one",
        "t/records/one-0.parquet",
        "t/records/one.json",
    ]


def shared(source: SourceMaker, count: int) -> list[SourceFile]:
    """Files with two records each, which share a Parquet file."""
    query = (
        "select (n // 2 << 34) | (n % 2) as _origin, n::varchar as a "
        f"from range({2 * count}) t(n) order by hash(n)"
    )
    one = source("group", query, {"a": "text"})
    places = [{"name": f"{n}.csv", "place": n, "shared_by": count, "rows": 2} for n in range(count)]
    return [one.model_copy(update=place) for place in places]


def test_files_that_share_their_records_have_the_ids_that_they_have_alone(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    types = {"a": "text", "b": "text"}
    one = source("one", "select 'x' as a, 'y' as b", types)
    table = snapshot(types, one, *shared(source, 3))
    relation = Raw().scan(storage, table, connection)
    ids = [BASE, *(BASE + (number << 34) + n for number in (1, 2, 3) for n in (0, 1))]
    assert rows(relation.project("_row, a, b")) == [
        (ids[0], "x", "y"),
        *((ids[1 + n], str(n), None) for n in range(6)),
    ]


def test_groups_with_the_same_bytes_are_read_once_for_each(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    files = shared(source, 2)
    table = snapshot({"a": "text"}, *files, *files)
    relation = Raw().scan(storage, table, connection)
    assert rows(relation.project("(_row >> 34) & 255, _row & 255, a")) == [
        (number, n, str(2 * (number % 2) + n)) for number in range(4) for n in (0, 1)
    ]


@pytest.mark.parametrize("numbers", [[0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 0], [2, 1, 0]])
def test_some_of_the_files_that_share_their_records_are_read(
    storage: LocalStorage,
    connection: duckdb.DuckDBPyConnection,
    source: SourceMaker,
    numbers: list[int],
) -> None:
    files = shared(source, 3)
    table = snapshot({"a": "text"}, *(files[number] for number in numbers))
    relation = Raw().scan(storage, table, connection)
    assert rows(relation.project("(_row >> 34) & 255, _row & 255, a")) == [
        (place, n, str(2 * number + n)) for place, number in enumerate(numbers) for n in (0, 1)
    ]


def test_originals_of_files_that_share_their_records(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    files = shared(source, 2)
    files[1] = files[1].model_copy(update={"quarantined": 1, "rows": 3})
    rejects = [[2, "1 field instead of 2", "q"]]
    described = [
        {"number": 0, "place": 0, "parsed": {"rejects": []}},
        {"number": 0, "place": 1, "parsed": {"rejects": rejects}},
    ]
    body = json.dumps({"files": described}).encode()
    write_record(storage, description_path(files[0].records), body)
    table = snapshot({"a": "text"}, *files)
    second = BASE + (1 << 34)
    wanted = connection.sql(f"select unnest([{BASE + 1}, {second}, {second + 1}]) as _origin")
    originals = Raw().originals(storage, table, wanted, Inputs(connection))
    assert rows(originals) == [
        (BASE + 1, "0.csv", 2, '{"a":"1"}'),
        (second, "1.csv", 1, '{"a":"2"}'),
        (second + 1, "1.csv", 3, '{"a":"3"}'),
    ]


def test_records_that_files_share_are_one_object(source: SourceMaker) -> None:
    files = shared(source, 3)
    assert Raw().objects(snapshot({"a": "text"}, *files)) == [
        *["t/objects/group"] * 3,
        "t/records/group-0.parquet",
        "t/records/group.json",
    ]
