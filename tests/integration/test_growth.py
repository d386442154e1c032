"""What is kept and shown does not grow with source files, runs, releases or open readers."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.errors import DamagedError, SinkError, SourceError
from medallion.identifiers import new_id, now
from medallion.lake.record_retention import RUNS, SLACK
from medallion.lake.retention import Collected, collect
from medallion.records import Release, Run
from medallion.run import ingest
from medallion.run.source_tokens import read_tokens
from medallion.sinks.mongodb.store import MongoStore
from medallion_api.app import assemble
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.section import Endpoint
from tests.integration import small
from tests.services import Unavailable, mongod

WIDE = """\
    wide:
      from: silver.orders
      steps:
        - sql: select range as id, repeat('x', 400) as text, (select count(*) from orders) as orders from range(5000)
"""


def _add_orders(folder: Path, number: int) -> None:
    text = f"order_id,client_id,amount,day\n{100 + number},b,1.00,2024-03-01\n"
    (folder / f"data/orders/x{number:05}.csv").write_text(text)


def test_a_store_knows_a_release_by_a_summary_of_constant_size(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    pipeline.run()
    first = pipeline.sinks["serving"].active()
    for number in range(40):
        _add_orders(tmp_path, number)
    pipeline.run()
    with closing(pipeline.store()) as store:
        second = store.release()
    assert first
    growth = len(second.model_dump_json()) - len(first.model_dump_json())
    assert abs(growth) < 200
    orders = second.tables["bronze.orders"]
    assert (orders.source_files, orders.sources, orders.files) == (42, (), ())
    full = pipeline.lake.current()
    assert full
    assert orders.arrived == max(source.arrived for source in full.tables["bronze.orders"].sources)
    assert second.tables["silver.orders"].tallies == full.tables["silver.orders"].tallies
    assert full.summary().summary() == full.summary() == second


def test_releases_are_paged_and_read_once(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    ids = []
    for number in range(3):
        _add_orders(tmp_path, number)
        ids.insert(0, pipeline.run().release)
    api = assemble(pipeline)
    client = TestClient(api.app)
    whole = client.simulate_get("/releases").json
    assert [release["id"] for release in whole["releases"]] == ids
    assert whole["cursor"] is None
    page = client.simulate_get("/releases?limit=2").json
    assert [release["id"] for release in page["releases"]] == ids[:2]
    rest = client.simulate_get(f"/releases?limit=2&cursor={page['cursor']}").json
    assert ([release["id"] for release in rest["releases"]], rest["cursor"]) == (ids[2:], None)
    assert client.simulate_get("/releases?limit=0").status_code == 400
    heads = pipeline.lake.records.release_heads(ids)
    (tmp_path / f"lake/releases/{ids[0]}.json").unlink()
    assert pipeline.lake.records.release_heads(ids) == heads
    api.reading.store.close()


def test_releases_share_the_models_of_their_columns(tmp_path: Path) -> None:
    from medallion_api.resources.tables import Tables

    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    with closing(pipeline.store()) as store:
        tables = Tables(ReleaseReader(store, "serving", 5.0), 100)
        models = []
        for number in range(2):
            _add_orders(tmp_path, number)
            pipeline.run()
            release = store.release()
            parameters = tables.parameters(release, Endpoint(table="total"), "total", row=False)
            assert parameters.served == release.served["serving"]["total"]
            models.append(parameters.model)
    assert models[0] is models[1]


def test_a_touched_file_is_read_once(tmp_path: Path) -> None:
    small.write(tmp_path)
    past = 1_700_000_000
    for path in (tmp_path / "data").rglob("*.csv"):
        os.utime(path, (past, past))
    pipeline = small.load(tmp_path)
    pipeline.run()
    touched = tmp_path / "data/orders/2024-01.csv"
    os.utime(touched, (past + 1, past + 1))
    _age(tmp_path)
    assert pipeline.run().status == "unchanged"
    tokens = read_tokens(pipeline.lake.storage, "bronze.orders")
    current = pipeline.lake.current()
    assert current
    (table,) = (
        table for table in pipeline.context.source_tables() if table.name == "bronze.orders"
    )
    _, files = ingest.ingest_table(table, current.tables["bronze.orders"], None, touched=tokens)
    by_name = {file.name: file for file in files}
    assert by_name["data/orders/2024-01.csv"].token == tokens["data/orders/2024-01.csv"]
    touched.write_text(small.JANUARY.replace("10.00", "11.00"))
    assert pipeline.run().status == "succeeded"
    assert small.in_lake(pipeline)[1] == small.BOTH[1] + 1


def _age(folder: Path) -> None:
    """Wait until the files' change times are older than a tick that could hide another change."""
    import time

    newest = max(path.stat().st_ctime for path in (folder / "data").rglob("*.csv"))
    while time.time() - newest <= 2.1:
        time.sleep(0.1)


def test_old_run_records_are_removed_whether_or_not_anything_is_published(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    published = pipeline.run()
    for _ in range(RUNS + SLACK):
        pipeline.lake.put_run(
            Run(id=new_id(now()), pipeline="small", status="failed", started=now())
        )
    assert pipeline.run().status == "unchanged"
    ids = pipeline.lake.run_ids()
    assert len(ids) == RUNS + 1
    assert published.id in ids


def test_no_earlier_release_is_read_until_one_is_beyond_retention(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    first = pipeline.run().release
    _add_orders(tmp_path, 1)
    pipeline.run()
    (tmp_path / f"lake/releases/{first}.json").write_text("cut")
    with pipeline.writer() as writer:
        lake, declaration, sinks, lease = (
            pipeline.lake,
            pipeline.declaration,
            pipeline.sinks,
            writer.lease,
        )
        assert collect(lake, declaration, sinks, lease=lease, thorough=False) == Collected()
        with pytest.raises(DamagedError):
            collect(lake, declaration, sinks, lease=lease, thorough=True)


def test_half_written_files_are_removed_by_the_next_publish(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    pipeline.run()
    part = tmp_path / f"lake/gold/.by_client.{uuid4().hex}.part"
    part.write_text("half")
    foreign = tmp_path / "lake/gold/.download.part"
    foreign.write_text("of somebody else")
    _add_orders(tmp_path, 1)
    pipeline.run()
    assert not part.exists()
    assert foreign.exists()


def test_an_open_reader_does_not_let_the_log_of_sqlite_grow(tmp_path: Path) -> None:
    small.write(tmp_path, small.YAML.replace("    total:\n", f"{WIDE}    total:\n"))
    pipeline = small.load(tmp_path)
    pipeline.run()
    log = tmp_path / "lake/serving.db-wal"
    with closing(pipeline.store()) as store:
        scan = store.scan("by_client", md.Query())
        wide = store.scan("wide", md.Query(sort=(md.Sort("id"),)))
        rows = [next(scan), next(wide)]
        sizes = []
        for number in range(6):
            _add_orders(tmp_path, number)
            pipeline.run()
            sizes.append(log.stat().st_size if log.exists() else 0)
        assert max(sizes) < 1.2 * sizes[1]  # two transactions, however many there were
        rows[1] += [row for batch in wide for row in batch]
        assert [row["id"] for row in rows[1]] == list(range(5000))
        assert {row["orders"] for row in rows[1]} == {3}


@pytest.mark.parametrize("source", ["data/orders/pipe.csv", "data/orders/*.csv"])
def test_a_fifo_is_not_waited_for(tmp_path: Path, source: str) -> None:
    small.write(tmp_path, small.YAML.replace('"data/orders/*.csv"', f'"{source}"'))
    os.mkfifo(tmp_path / "data/orders/pipe.csv")
    pipeline = small.load(tmp_path)
    if "*" in source:
        pipeline.run()
        assert small.in_lake(pipeline) == small.BOTH
    else:
        with pytest.raises(SourceError, match=r"pipe\.csv is a folder, FIFO or device"):
            pipeline.run()


def test_a_device_is_refused(tmp_path: Path) -> None:
    small.write(tmp_path, small.YAML.replace('"data/orders/*.csv"', "/dev/zero"))
    with pytest.raises(SourceError, match="is a folder, FIFO or device"):
        small.load(tmp_path).run()


def test_a_file_name_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    small.write(tmp_path)
    (tmp_path / os.fsdecode(b"data/orders/caf\xe9.csv")).write_text(small.MARCH)
    with pytest.raises(SourceError, match=r"b'caf\\xe9\.csv' is not UTF-8") as caught:
        small.load(tmp_path).run()
    assert "rename" in caught.value.hint


def test_all_wait_once_for_a_database_that_hangs(tmp_path: Path) -> None:
    small.write(tmp_path)
    folder = tmp_path / "mongod"
    folder.mkdir()
    try:
        with mongod(folder) as service:
            _hang(tmp_path, service.url + "/shop", service.process.pid if service.process else 0)
    except Unavailable as reason:
        pytest.skip(str(reason))


def _hang(folder: Path, url: str, process: int) -> None:
    path = folder / "medallion.yaml"
    path.write_text(small.YAML.replace("sqlite:lake/serving.db", url))
    pipeline = small.load(folder)
    published = pipeline.run().release
    with closing(MongoStore(url, "serving")) as store, ThreadPoolExecutor(8) as pool:
        reading = ReleaseReader(store, "serving", 1.0)
        assert _in_time(reading).id == published
        os.kill(process, signal.SIGSTOP)
        try:
            _wait_until_stopped(process)
            reading.forget()
            errors = [
                answer.exception() for answer in [pool.submit(reading.release) for _ in range(40)]
            ]
            assert all(isinstance(error, SinkError) for error in errors)
            assert len({str(error) for error in errors}) == 1
        finally:
            os.kill(process, signal.SIGCONT)
        assert _in_time(reading).id == published


def _in_time(reading: ReleaseReader) -> Release:
    """The active release, at the first attempt that ends within the time limit."""
    while True:
        try:
            return reading.release()
        except SinkError:
            continue


def _wait_until_stopped(process: int) -> None:
    """A signal reaches the threads of a process one after the other, and those it has not reached still answer."""
    while True:
        states = [
            file.read_text().rpartition(")")[2].split()[0]
            for file in Path(f"/proc/{process}/task").glob("*/stat")
        ]
        if set(states) == {"T"}:
            return
