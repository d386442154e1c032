"""The engine `dask` on a real cluster: the same tables as the embedded engine, whatever dies."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import medallion as md
from medallion.contracts import ParseTask, Stored, StoredSource, description_path, records_path
from medallion.engines.dask.engine import Dask
from medallion.engines.dask.versions import versions
from medallion.entry_points import registry
from medallion.errors import ClusterError, MedallionError, ServiceError, SourceError
from medallion.formats.csv import Csv
from medallion.kernel import partial_plan, partition_groups, partition_plan
from medallion.ops import doctor
from medallion.storage.local import LocalStorage
from tests.buckets import make_bucket
from tests.corrected import correct, orders
from tests.dask_cluster import Cluster, dask_cluster
from tests.integration import small
from tests.services import Service, Unavailable, weed

KILLS = int(os.environ.get("MEDALLION_CLUSTER_KILLS", "30"))
FAILING = """\
  gold:
    total:
      from: silver.orders
      steps: [{sql: "select error('no 1') as e from orders"}]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(len(cluster.workers))
        yield cluster


@pytest.fixture(autouse=True)
def partitioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source file is a partition, and each partition a task."""
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partition_plan, "BATCH", 1)
    monkeypatch.setattr(partial_plan, "LEAST", 0)
    monkeypatch.setattr(partial_plan, "UNIT", 1)


def project(folder: Path, engine: str, yaml: str = small.YAML) -> md.Pipeline:
    folder.mkdir()
    small.write(folder, f"{yaml}engine: {engine}\n")
    return small.load(folder)


def test_groups_of_changed_rows_are_computed_by_a_worker(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.as_large(monkeypatch)
    monkeypatch.setattr(partial_plan, "UNIT", 1 << 24)  # no partial results
    pipelines = [
        project(tmp_path / name, engine, small.MEDIANS)
        for name, engine in (("embedded", "duckdb"), ("cluster", on(cluster)))
    ]
    for pipeline in pipelines:
        pipeline.run()
        (Path(pipeline.base) / "data/orders/2024-03.csv").write_text(small.MARCH)
        steps = {step.table: step for step in pipeline.run().steps}
        assert (steps["gold.by_client"].groups_computed, steps["gold.by_client"].groups) == (1, 2)
    assert contents(pipelines[0]) == contents(pipelines[1])
    (file,) = pipelines[1].lake.table("gold.by_client").snapshot.files
    assert len(Path(file.path).parts) == 4  # a worker's files are in a folder of its attempt


def on(cluster: Cluster) -> str:
    return f'{{type: dask, scheduler: "{cluster.address}"}}'


def contents(pipeline: md.Pipeline) -> dict[str, Any]:
    """Everything that a run made: rows, rejects and tallies of every table."""
    tables = {}
    for name in pipeline.declaration.names():
        table = pipeline.lake.table(name)
        rejects = pipeline.lake.quarantine(name).to_arrow().to_pylist()
        tables[name] = {
            "rows": sorted(table.to_arrow().to_pylist(), key=repr),
            "rejects": [{**reject, "run": ""} for reject in rejects],
            "tallies": table.snapshot.tallies,
        }
    return tables


def change(folder: Path, number: int = 0) -> None:
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH.replace("7,b", f"{number + 7},b"))


def test_equal_to_the_embedded_engine(cluster: Cluster, tmp_path: Path) -> None:
    embedded = project(tmp_path / "embedded", "duckdb")
    distributed = project(tmp_path / "distributed", on(cluster))
    for _ in range(2):
        embedded.run()
        run = distributed.run()
        assert contents(distributed) == contents(embedded)
        assert small.in_store(distributed) == small.in_store(embedded)
        change(tmp_path / "embedded")
        change(tmp_path / "distributed")
    (step,) = [step for step in run.steps if step.table == "silver.orders"]
    assert (step.partitions, step.partitions_computed) == (3, 1)
    (step,) = [step for step in run.steps if step.table == "gold.by_client"]
    assert (step.partitions, step.partitions_computed) == (3, 1)
    assert not list((tmp_path / "distributed/lake/writes").glob("*"))


def test_corrections_are_applied_by_workers(cluster: Cluster, tmp_path: Path) -> None:
    embedded = project(tmp_path / "embedded", "duckdb")
    distributed = project(tmp_path / "distributed", on(cluster))
    for pipeline in (embedded, distributed):
        pipeline.run()
        correct(pipeline, {1: {"amount": "3.50"}, 3: {"day": "2024-02-29"}})
        run = pipeline.run()
        assert orders(pipeline)[2:4] == [("3", "3.50"), ("5", "1.25")]
    assert contents(distributed) == contents(embedded)
    (step,) = [step for step in run.steps if step.table == "silver.orders"]
    assert (step.partitions, step.partitions_computed) == (2, 1)


def test_results_that_arrive_as_the_time_is_up(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medallion.engines.dask.session.WORKER_SECONDS", 0.05)
    pipeline = project(tmp_path / "project", on(cluster))
    pipeline.run()
    assert small.in_store(pipeline) == small.BOTH


def test_source_files_are_parsed_by_workers(cluster: Cluster, tmp_path: Path) -> None:
    pipeline = project(tmp_path / "project", on(cluster))
    pipeline.run()
    attempts = {
        records_path(description_path(file.records).removesuffix(".json"), 0) != file.records
        for name in ("bronze.clients", "bronze.orders")
        for file in pipeline.lake.table(name).snapshot.sources
    }
    assert attempts == {True}
    storage = LocalStorage(tmp_path / "project/lake/bronze")
    sources = pipeline.lake.table("bronze.orders").snapshot.sources
    storage.delete(sources[0].records)
    storage.put(sources[0].object, b"damaged")
    pipeline.run(full=True)
    assert small.in_store(pipeline) == small.BOTH


def test_a_file_that_cannot_be_read_fails_as_on_the_embedded_engine(
    cluster: Cluster, tmp_path: Path
) -> None:
    messages = []
    for engine in ("duckdb", on(cluster)):
        pipeline = project(tmp_path / f"project-{len(messages)}", engine)
        (pipeline.base / "data/orders/2024-03.csv").write_text("")
        (pipeline.base / "data/orders/2024-04.csv").write_text("id,id\n1,2\n")
        with pytest.raises(SourceError) as error:
            pipeline.run()
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert messages[0].count("2024-0") >= 2


def test_a_cluster_of_its_own(tmp_path: Path) -> None:
    pipeline = project(tmp_path / "project", "{type: dask, workers: 1}")
    pipeline.run()
    assert small.in_store(pipeline) == small.BOTH


def keys(server: Service, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which a process reaches an S3 server, here and on workers."""
    environment = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": server.key,
        "AWS_SECRET_ACCESS_KEY": server.secret,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def on_s3(bucket: str) -> str:
    yaml = small.YAML.replace("name: small", f"name: small\nlake: s3://{bucket}/lake")
    return yaml.replace("sqlite:lake/", "sqlite:")


def test_workers_share_a_bucket_whose_server_stops_for_a_while_and_is_then_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers have no folder in common."""
    embedded = project(tmp_path / "embedded", "duckdb")
    embedded.run()
    (tmp_path / "data").mkdir()
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(weed(tmp_path / "data"))
        except Unavailable as reason:
            pytest.skip(str(reason))
        assert server.process
        environment = keys(server, monkeypatch)
        cluster = stack.enter_context(dask_cluster(tmp_path / "dask", environment=environment))
        loaded = project(tmp_path / "project", on(cluster), on_s3(make_bucket(server)))
        patience = {"patience": 8}  # seconds, of every attempt at the server's requests
        pipeline = md.Pipeline(loaded.declaration, base=tmp_path / "project", options=patience)
        pipeline.run()
        assert contents(pipeline) == contents(embedded)
        change(tmp_path / "project")
        for signal_, after in ((signal.SIGSTOP, 0.5), (signal.SIGCONT, 3.0)):
            threading.Timer(after, server.process.send_signal, [signal_]).start()
        pipeline.run()
        assert small.in_store(pipeline) == small.ALL
        killer = threading.Timer(1.0, server.process.kill)
        killer.start()
        with pytest.raises(ServiceError, match=re.escape(server.url)) as error:
            repeat(pipeline, 20)
        assert "server" in error.value.hint
        killer.join()
    assert small.in_store(pipeline) == small.ALL


def test_workers_and_then_the_scheduler_are_killed(tmp_path: Path) -> None:
    expected = project(tmp_path / "embedded", "duckdb")
    with dask_cluster(tmp_path / "dask") as cluster:
        pipeline = project(tmp_path / "project", on(cluster))
        change(tmp_path / "embedded")
        expected.run()
        chance, seconds = random.Random(1), 1.0
        for number in range(KILLS):
            change(tmp_path / "project", number if number < KILLS - 1 else 0)
            killer = threading.Timer(
                chance.uniform(0, seconds), cluster.kill_worker, [len(cluster.workers) - 1]
            )
            killer.start()
            began = time.monotonic()
            try:
                pipeline.run(full=True)
            finally:
                killer.join()
            seconds = time.monotonic() - began
        assert contents(pipeline) == contents(expected)
        assert cluster.scheduler is not None
        killer = threading.Timer(0.5, cluster.scheduler.kill)
        killer.start()
        with pytest.raises(
            ClusterError, match=r"connection to the Dask scheduler was lost|no Dask"
        ):
            repeat(pipeline, 20)
        killer.join()
    assert small.in_store(pipeline) == small.ALL


def repeat(pipeline: md.Pipeline, times: int) -> None:
    for _ in range(times):
        pipeline.run(full=True)


SLOW = """\
  gold:
    total:
      from: silver.orders
      steps: [{sql: "select sum(a.range * b.range) as s from range(1000000) a, range(1000000) b"}]
"""


def test_ctrl_c_ends_a_run(cluster: Cluster, tmp_path: Path) -> None:
    project(tmp_path / "project", on(cluster), small.YAML[: small.YAML.index("  gold:")] + SLOW)
    command = [sys.executable, "-m", "medallion", "run", "-C", str(tmp_path / "project")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("silver.orders: computed"):
                break
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        output = run.stdout.read()
        assert run.wait(60) == 130, output
    assert "interrupted" in output
    with Client(cluster.address, set_as_default=False) as client:
        end = time.monotonic() + 60
        while any(client.run(lambda dask_worker: dask_worker.state.executing_count).values()):
            assert time.monotonic() < end, "a worker still computes"
            time.sleep(0.1)


def test_nobody_at_the_address(tmp_path: Path) -> None:
    pipeline = project(tmp_path / "project", '{type: dask, scheduler: "tcp://127.0.0.1:9"}')
    with pytest.raises(ClusterError, match=r"no Dask scheduler responds at tcp://127\.0\.0\.1:9"):
        pipeline.run()


def test_a_step_fails_as_on_the_embedded_engine(cluster: Cluster, tmp_path: Path) -> None:
    yaml = small.YAML[: small.YAML.index("  gold:")] + FAILING
    messages = []
    for engine in ("duckdb", on(cluster)):
        pipeline = project(tmp_path / f"project-{len(messages)}", engine, yaml)
        with pytest.raises(MedallionError) as error:
            pipeline.run()
        messages.append(str(error.value).replace(str(pipeline.base), ""))
    assert messages[0] == messages[1]
    assert "no 1" in messages[0]


def test_a_module_that_the_workers_lack(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_steps.py").write_text(
        "import pyarrow\ndef keep(rows: pyarrow.Table):\n    return rows\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yaml = small.YAML[: small.YAML.index("  gold:")] + FAILING.replace(
        "{sql: \"select error('no 1') as e from orders\"}", "{python: own_steps:keep}"
    )
    pipeline = project(tmp_path / "project", on(cluster), yaml)
    with pytest.raises(MedallionError, match="own_steps") as error:
        pipeline.run()
    assert "on every worker" in error.value.hint
    sys.modules.pop("own_steps", None)


SHAVE = """\
from medallion.transforms.trim import Trim


class Shave(Trim):
    name = "shave"
    version = 3
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A plugin of another package in this process; the environment of a worker that has it, too."""
    site = tmp_path / "site"
    info = site / "shaving-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shaving\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[medallion.transforms]\nshave = shaving_a:Shave\n")
    (site / "shaving_a.py").write_text(SHAVE)
    monkeypatch.syspath_prepend(site)
    registry.cache_clear()
    versions.cache_clear()
    yield {"PYTHONPATH": str(site)}
    monkeypatch.undo()
    registry.cache_clear()
    versions.cache_clear()
    sys.modules.pop("shaving_a", None)


def without_medallion(folder: Path) -> dict[str, str]:
    """The environment of a process in which medallion cannot be imported."""
    (folder / "none/medallion").mkdir(parents=True)
    (folder / "none/medallion/__init__.py").write_text("raise ImportError('not installed here')")
    return {"PYTHONPATH": str(folder / "none")}


def test_workers_that_lack_a_plugin_are_refused(
    cluster: Cluster, tmp_path: Path, plugin: dict[str, str]
) -> None:
    assert plugin
    pipeline = project(tmp_path / "project", on(cluster))
    with pytest.raises(ClusterError) as error:
        pipeline.run()
    assert "transform 'shave' missing where the driver has 3 (shaving 1.2)" in error.value.message
    assert error.value.hint == "install the same versions on every worker"


def test_a_worker_that_joins_later_must_have_the_plugins(
    tmp_path: Path, plugin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = LocalStorage(tmp_path / "lake")
    lake.put("a.csv", b"a,b\n1,2\n")
    source = StoredSource("a.csv", Csv(), Stored("a.csv"))
    task = ParseTask("bronze.a", (source,), lake, "records/a")
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        cluster.start_worker(plugin)
        engine = Dask(scheduler=cluster.address)
        with engine.session(tmp_path) as session:
            (parsed,) = session.parse([task])
            assert parsed.group is not None
            cluster.kill_worker(0)
            with pytest.raises(
                ClusterError, match=r"^worker tcp://\S+ has transform 'shave' missing"
            ):
                list(session.parse([task]))
            monkeypatch.setattr("medallion.engines.dask.session.WORKER_SECONDS", 5)
            cluster.kill_worker(1, without_medallion(tmp_path))
            with pytest.raises(ClusterError, match="no workers any more") as error:
                list(session.parse([task]))
            assert "with medallion" in error.value.hint


def test_a_scheduler_without_medallion(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "dask", os.environ)
    cluster.folder.mkdir()
    try:
        cluster.start_scheduler(without_medallion(tmp_path))
        cluster.start_worker()
        with pytest.raises(ClusterError, match=r"the Dask scheduler at \S+ cannot load medallion"):
            project(tmp_path / "project", on(cluster)).run()
    finally:
        cluster.stop()


def test_doctor_tries_scheduler_workers_and_lake(cluster: Cluster, tmp_path: Path) -> None:
    pipeline = project(tmp_path / "project", on(cluster))
    probes = list(doctor.engine(pipeline.declaration.engine, pipeline.lake.storage))
    assert {probe.outcome for probe in probes} == {"ok"}
    assert probes[0].said == "2 have the versions used here"
    assert [probe.said for probe in probes[1:]] == [f"reads and writes {tmp_path}/project/lake"] * 2
    assert not list((tmp_path / "project/lake").glob("doctor-*"))


def test_doctor_finds_workers_that_do_not_see_the_lake(cluster: Cluster, tmp_path: Path) -> None:
    engine = project(tmp_path / "project", on(cluster)).declaration.engine
    checks = list(engine.checks(UnsharedStorage(tmp_path / "lake")))
    assert [check.failed is None for check in checks] == [True, False, False]
    assert "does not reach the lake" in str(checks[1].failed)


class UnsharedStorage(LocalStorage):
    """A folder that another process finds empty, as on another machine."""

    def __reduce__(self) -> tuple[type[LocalStorage], tuple[Path]]:
        return LocalStorage, (self.root / "elsewhere",)
