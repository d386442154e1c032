from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medallion.errors import SourceError
from medallion.proposal.tables import propose_tables


def test_tables_are_named_for_their_files_or_folders(tmp_path: Path) -> None:
    for path in ("orders/2024-01.csv", "orders/2024-02.csv", "Client List.csv", "2024.csv"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("id,city\n1,Paris\n")
    sources = ["orders/*.csv", "Client List.csv", "orders/2024-01.csv", "./2024.csv"]
    tables = propose_tables(sources, tmp_path)
    assert [table.name for table in tables] == ["orders", "client_list", "orders_2", "records"]
    assert [table.rows for table in tables] == [2, 1, 1, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2024.csv",
        "Client List.csv",
        "orders",
    ]


def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,city\n1,Paris\n2,Rome,x\n")
    (table,) = propose_tables(["a.csv"], tmp_path)
    assert (table.rows, table.unreadable) == (1, 1)


def test_a_variable_is_filled_in_to_read_and_kept_in_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    monkeypatch.setenv("NAME_OF_FILE", "a")
    (table,) = propose_tables(["${NAME_OF_FILE}.csv"], tmp_path)
    assert table.rows == 1
    assert table.source == "${NAME_OF_FILE}.csv"


def test_a_file_without_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(SourceError, match=r"a\.csv"):
        propose_tables(["a.csv"], tmp_path)


def test_keys_and_references_are_those_of_the_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("""
            create table people (number integer primary key, boss int references people);
            create table orders (nr text primary key, buyer int references People (NUMBER), payment int
                references payments (nr));
            create table payments (nr integer primary key, order_nr text references orders);
            create table lines (order_nr text, place int, id int, primary key (order_nr, place));
            insert into people values (1, null), (2, 1);
            insert into orders values ('a', 1, 7), ('b', 3, 7);
            insert into payments values (7, 'a');
            insert into lines values ('a', 1, 5), ('a', 2, 6);""")
    tables = {table.name: table for table in propose_tables(["sqlite:shop.db"], tmp_path)}
    assert {name: table.key and table.key[0] for name, table in tables.items()} == {
        "lines": ("order_nr", "place"),
        "orders": "nr",
        "payments": "nr",
        "people": "number",
    }
    references = {
        (name, rule.column): (rule.setting, rule.share.fitting, rule.share.total)
        for name, table in tables.items()
        for rule in table.rules
        if rule.kind == "references"
    }
    # Neither one from a table to itself, nor both of two tables to each other.
    assert references == {
        ("orders", "buyer"): ("silver.people.number", 1, 2),
        ("orders", "payment"): ("silver.payments.nr", 2, 2),
    }
    (orders,) = propose_tables(["sqlite:shop.db#orders"], tmp_path)
    assert orders.source == {"sql": {"url": "sqlite:shop.db", "table": "orders"}}
    assert orders.key
    assert orders.key[0] == "nr"
    assert not [rule for rule in orders.rules if rule.kind == "references"]


def test_files_whose_keys_have_one_name_do_not_refer_to_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n2\n")
    (tmp_path / "b.csv").write_text("id\n1\n2\n")
    rules = [rule for table in propose_tables(["a.csv", "b.csv"], tmp_path) for rule in table.rules]
    assert [rule.setting for rule in rules if rule.kind == "references"] == ["silver.b.id"]
