from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import SourceError
from medallion.proposal.tables import propose_tables, relative_source, table_name


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


def test_a_source_is_relative_to_the_folder_of_the_declaration_if_it_is_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert relative_source("shop/data/*.csv", Path("shop")) == "data/*.csv"
    assert relative_source("other/a.csv", Path("shop")) == (tmp_path / "other/a.csv").as_posix()
    assert relative_source("https://example.org/a.csv", Path("shop")) == "https://example.org/a.csv"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Sales Report", "sales_report"), ("2024", "table_2024"), ("Größe", "gr_e"), ("", "table")],
)
def test_a_name_is_valid_for_a_table(text: str, name: str) -> None:
    assert table_name(text) == name
