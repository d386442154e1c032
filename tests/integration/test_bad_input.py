"""Bad input ends in an error with a place, a fault and a hint; the published release stays."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError, GateError, SourceError, StorageError
from tests.integration import small

FAULTS: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "empty", ""),
    "binary junk": (bytes(range(256)) * 20, "", ""),
    "a gzip by another name": (b"\x1f\x8b\x08\x00" + b"\x00" * 60, "gzip", ".gz"),
    "wrong delimiter": (
        b"order_id;client_id;amount;day\n1;a;1.00;2024-01-01\n",
        "delimiter",
        "';'",
    ),
    "wrong encoding": (
        "order_id,client_id,amount,day\n1,café,1.00,2024-01-01\n".encode("cp1252"),
        "line 2: byte 0xe9 is not utf-8",
        "cp1252",
    ),
    "duplicate columns": (b"order_id,client_id,amount,amount\n1,a,1,2\n", "'amount'", ""),
}


@pytest.fixture
def published(tmp_path: Path) -> md.Pipeline:
    return small.publish(tmp_path)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_named_and_nothing_is_published(published: md.Pipeline, fault: str) -> None:
    content, what, hint = FAULTS[fault]
    (published.base / "data/orders/2024-03.csv").write_bytes(content)
    before = published.lake.current().id
    with pytest.raises(SourceError) as error:
        published.run()
    message = str(error.value)
    assert "data/orders/2024-03.csv" in message
    assert what in message
    assert hint in message
    assert published.lake.current().id == before
    assert small.in_store(published) == small.BOTH
    (published.base / "data/orders/2024-03.csv").write_text(small.MARCH)
    published.run()
    assert small.in_store(published) == small.ALL


def test_all_bad_files_are_told_at_once(published: md.Pipeline) -> None:
    (published.base / "data/orders/2024-03.csv").write_bytes(b"")
    (published.base / "data/orders/2024-04.csv").write_bytes(b"a,a\n1,2\n")
    with pytest.raises(SourceError, match=r"(?s)2024-03.*2024-04"):
        published.run()


def test_ragged_over_long_and_nul_records_are_quarantined_with_their_text(
    published: md.Pipeline,
) -> None:
    (published.base / "data/orders/2024-03.csv").write_bytes(
        b"order_id,client_id,amount,day\n7,b,100.00,2024-03-01\n8,b\n9,b,1.00,2024-03-01,extra,more\n"
        b"10,b,1.00\x00,2024-03-01\n" + b"7,b,100.00,2024-03-01\n" * 2
    )
    run = published.run()
    orders = next(step for step in run.steps if step.table == "bronze.orders")
    assert orders.tallies[0].quarantined >= 2
    assert orders.tallies[0].rows_in == orders.tallies[0].kept + orders.tallies[0].quarantined == 13
    import pyarrow.parquet as pq

    (file,) = orders.rejects
    rejects = pq.read_table(published.base / "lake" / file.path).to_pylist()
    assert {(row["file"], row["record"]) for row in rejects} >= {
        ("data/orders/2024-03.csv", 2),
        ("data/orders/2024-03.csv", 3),
    }
    assert any("9,b,1.00,2024-03-01,extra,more" in row["row"] for row in rejects)
    assert small.in_store(published) == small.ALL


def test_records_keep_their_numbers_below_broken_ones(published: md.Pipeline) -> None:
    import pyarrow.parquet as pq

    (published.base / "data/orders/2024-03.csv").write_text(
        "order_id,client_id,amount,day\n8,b\n9,b\n10,b,bad,2024-03-01\n7,b,100.00,2024-03-01\n11\n12,b,worse,2024-03-01\n"
    )
    run = published.run()
    orders = next(step for step in run.steps if step.table == "silver.orders")
    (file,) = orders.rejects
    rejects = pq.read_table(published.base / "lake" / file.path).to_pylist()
    march = {
        row["value"]: row["record"] for row in rejects if row["file"] == "data/orders/2024-03.csv"
    }
    assert march == {"bad": 3, "worse": 6}
    february = {
        row["value"]: row["record"] for row in rejects if row["file"] == "data/orders/2024-02.csv"
    }
    assert february["abc"] == 1


def test_a_header_alone_is_no_fault_but_is_told(published: md.Pipeline) -> None:
    (published.base / "data/orders/2024-03.csv").write_text("order_id,client_id,amount,day\n")
    run = published.run()
    said = [warning for step in run.steps for warning in step.warnings]
    assert said[0] == "data/orders/2024-03.csv: has a header but no records"
    assert [text.partition(":")[0] for text in said[1:]] == [
        "data/orders/2024-02.csv"
    ]  # mostly in quarantine
    assert small.in_store(published) == small.BOTH


def test_a_table_of_which_every_row_is_rejected_stops_at_its_gate(tmp_path: Path) -> None:
    gate = "        - {row_count: {at_least: 1}, on_fail: fail}\n  gold:"
    small.write(tmp_path, small.YAML.replace("  gold:", gate, 1))
    for file in (tmp_path / "data/orders").iterdir():
        file.write_text("order_id,client_id,amount,day\n1,a,x,2024-01-01\n2,a,y,2024-01-01\n")
    pipeline = small.load(tmp_path)
    with pytest.raises(GateError, match="row_count") as error:
        pipeline.run()
    (tally,) = next(step.tallies for step in error.value.run.steps if step.table == "silver.orders")
    assert (tally.rows_in, tally.kept, tally.quarantined) == (4, 0, 4)
    assert pipeline.lake.current() is None

    (tmp_path / "medallion.yaml").write_text(small.YAML)  # without a gate it is told
    warned = {
        step.table: step.warnings for step in small.load(tmp_path).run().steps if step.warnings
    }
    assert list(warned) == ["silver.orders"]
    assert "quarantined: {at_most: 5%}" in warned["silver.orders"][-1]


def test_a_file_of_which_most_records_do_not_fit_fails_the_run(published: md.Pipeline) -> None:
    (published.base / "data/orders/2024-03.csv").write_text("order_id,client_id,amount,day\n7\n8\n")
    with pytest.raises(
        SourceError, match=r"data/orders/2024-03.csv: 2 of its 2 records do not fit the header"
    ):
        published.run()
    assert small.in_store(published) == small.BOTH


def test_new_columns_by_each_policy(tmp_path: Path) -> None:
    for policy in ("evolve", "discard", "freeze"):
        folder = tmp_path / policy
        source = f'{{source: "data/orders/*.csv", schema: {policy}}}'
        small.write(folder, small.YAML.replace('{source: "data/orders/*.csv"}', source))
        pipeline = small.load(folder)
        pipeline.run()
        march = "day,amount,channel,client_id,order_id\n2024-03-01,100.00,web,b,7\n"
        (folder / "data/orders/2024-03.csv").write_text(march)
        if policy == "freeze":
            with pytest.raises(SourceError, match=r"frozen.*'channel'"):
                pipeline.run()
            continue
        run = pipeline.run()
        bronze = next(step for step in run.steps if step.table == "bronze.orders")
        assert any("'channel'" in said for said in bronze.drift)
        names = [column.name for column in pipeline.lake.table("silver.orders").columns]
        assert ("channel" in names) == (policy == "evolve")
        assert small.in_store(pipeline) == small.ALL
        assert pipeline.run().status == "unchanged"


def test_files_that_write_a_column_in_two_ways(published: md.Pipeline) -> None:
    (published.base / "data/orders/2024-03.csv").write_text(
        small.MARCH.replace("client_id", "Client_ID")
    )
    with pytest.raises(
        SourceError,
        match=r"2024-03.csv: the column 'Client_ID' is 'client_id' in data/orders/2024-01.csv",
    ):
        published.run()
    assert small.in_store(published) == small.BOTH


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (
            '{"n": {"a": 1}}',
            '{"n": [1]}',
            "'n' is list<int64>, but struct<a: int64> in data/orders/1.ndjson",
        ),
        ('{"n": 1}', '{"n": [1]}', "'n' is list<int64>, but int64 in data/orders/1.ndjson"),
        ('{"n": null}', '{"n": [1]}', ""),
        ('{"n": true}', '{"n": 1.5}', ""),
        ('{"n": "x"}', '{"n": 1.5}', ""),
    ],
)
def test_values_of_kinds_that_no_column_holds(
    tmp_path: Path, first: str, second: str, fault: str
) -> None:
    (tmp_path / "data/orders").mkdir(parents=True)
    for number, line in enumerate((first, second), 1):
        (tmp_path / f"data/orders/{number}.ndjson").write_text(line)
    declaration = md.Declaration(
        name="kinds",
        tables={
            "bronze": {"orders": md.Source(source="data/orders/*.ndjson")},
            "silver": {"orders": md.Table(from_={"orders": "bronze.orders"})},
        },
        sinks={},
    )
    pipeline = md.Pipeline(declaration, base=tmp_path)
    if fault:
        with pytest.raises(
            SourceError, match=re.escape(f"data/orders/2.ndjson: the column {fault}")
        ):
            pipeline.run()
    else:
        assert pipeline.run().steps[-1].rows == 2


@pytest.mark.parametrize("policy", ["discard", "freeze"])
def test_files_that_hold_none_of_an_expected_column(tmp_path: Path, policy: str) -> None:
    columns = "columns: [order_id, client_id, amount, day]"
    small.write(
        tmp_path,
        small.YAML.replace(
            '{source: "data/orders/*.csv"}',
            f'{{source: "data/orders/*.csv", schema: {policy}, {columns}}}',
        ),
    )
    reordered = "day,amount,client_id,order_id\n2024-01-05,30.50,a,1\n"
    for name in ("2024-01.csv", "2024-02.csv"):
        (tmp_path / "data/orders" / name).write_text(reordered.replace(",1\n", f",{name[6]}\n"))
    pipeline = small.load(tmp_path)
    run = pipeline.run()
    drift = [said for step in run.steps for said in step.drift]
    assert drift == [f"data/orders/2024-0{month}.csv: columns in another order" for month in (1, 2)]
    for name in ("2024-01.csv", "2024-02.csv"):
        (tmp_path / "data/orders" / name).write_text(
            f"order_id,client_id,amount,note\n{name[6]},zz,30.50,x\n"
        )
    if policy == "freeze":
        with pytest.raises(SourceError, match=r"frozen.*new column 'note'.*no column 'day'"):
            pipeline.run()
        return
    run = pipeline.run()
    assert pipeline.lake.table("bronze.orders").to_arrow().column("day").to_pylist() == [None, None]
    import pyarrow.parquet as pq

    (file,) = pipeline.lake.current().tables["silver.orders"].rejects
    rejects = pq.read_table(tmp_path / "lake" / file.path).to_pylist()
    assert [row["row"] for row in rejects] == [
        f'{{"order_id":"{month}","client_id":"zz","amount":"30.50"}}' for month in (1, 2)
    ]


def test_a_declaration_tells_all_its_faults_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(
        """\
name: shop
lakes: here
tables:
  bronze:
    clients: {source: a.csv, delimeter: ";"}
  silver:
    clients:
      from: bronze.client
      steps:
        - trimm
        - cast: {amount: decimel}
      expect:
        - {between: {amount: [1, 2]}, on_fail: quarantene}
"""
    )
    with pytest.raises(DeclarationError) as error:
        md.Pipeline.load(file)
    said = str(error.value)
    for place, words in {
        ":2:1": "did you mean 'lake'",
        ":5:30": "unknown key",
        ":8:": "did you mean 'bronze.clients'",
        ":10:11": "did you mean 'trim'",
        ":11:": "did you mean 'decimal",
        ":13:": "'quarantine'",
    }.items():
        assert any(place in line and words in line for line in said.splitlines()), (
            place,
            words,
            said,
        )


def test_a_cycle_and_an_unknown_table_are_told(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(
        "name: shop\ntables:\n  bronze:\n    a: {source: a.csv}\n"
        "  silver:\n    b: {from: silver.c}\n    c: {from: silver.b}\n    d: {from: bronze.aa}\n"
    )
    with pytest.raises(DeclarationError) as error:
        md.Pipeline.load(file)
    assert "a cycle: silver.b → silver.c → silver.b" in str(error.value)
    assert "no table 'bronze.aa'; did you mean 'bronze.a'?" in str(error.value)


@pytest.mark.parametrize("lake", ["data/clients.csv/lake", "/sys/medallion"])
def test_a_lake_that_cannot_be_written_is_told(tmp_path: Path, lake: str) -> None:
    small.write(tmp_path, small.YAML.replace("name: small", f"name: small\nlake: {lake}"))
    with pytest.raises(StorageError, match=lake):
        small.load(tmp_path).run()


LIMITED = """
import sys
from tests.integration import small
from pathlib import Path
try:
    small.load(Path(sys.argv[1])).run()
except Exception as error:
    print(type(error).__name__, str(error))
    sys.exit(1)
"""


@pytest.mark.parametrize("limit", [60, 900, 2_000, 4_000])
def test_a_full_disk_loses_nothing(published: md.Pipeline, limit: int) -> None:
    """Limit the size of files to `limit` bytes, so that writes fail as on a full disk."""
    (published.base / "data/orders/2024-03.csv").write_text(small.MARCH)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(published.base)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    kind, _, message = done.stdout.partition(" ")
    assert issubclass(getattr(md.errors, kind), md.MedallionError), done.stdout + done.stderr
    assert message.strip()
    assert small.in_lake(published) == small.in_store(published) == small.BOTH
    published.run()
    assert small.in_lake(published) == small.in_store(published) == small.ALL


def test_a_section_that_names_no_served_table_is_told_with_its_place(tmp_path: Path) -> None:
    pages = (
        "dashboard:\n  pages:\n    - title: Home\n      blocks:\n        - rows: {table: totals}\n"
    )
    file = small.write(tmp_path, small.YAML + pages)
    with pytest.raises(
        DeclarationError, match=r"medallion\.yaml:\d+:\d+: dashboard\.pages.*'totals'.*'total'"
    ):
        md.Pipeline.load(file)
