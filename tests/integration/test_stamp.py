"""A run that answers from the stamp gives what it gives without the stamp, whatever has changed."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.cli import main
from medallion.lake.lease import PATH as LEASE
from medallion.lake.lease import Lease, free_version, unlock
from medallion.run import source_tokens, stamp_writer
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import seal
from tests.copies import published_copy
from tests.corrected import correct, orders
from tests.integration import small

YAML = (
    small.YAML.replace("name: small", "name: ${STAMPED_NAME:-small}")
    .replace("    total:\n", "    by_day:\n      description: ${STAMPED_TEXT:-sums}\n")
    .replace("aggregate: {metrics", "aggregate: {by: day, metrics")
    + "engine: duckdb\n"
).replace(
    "        - aggregate: {by: day, metrics: {orders: count(), revenue: sum(amount)}}\n",
    "        - aggregate: {by: day, metrics: {orders: count(), revenue: sum(amount)}}\n"
    "        - python: stamped_steps:as_they_are\n",
)
STEPS = (
    "from duckdb import DuckDBPyRelation\n\n\n"
    "def as_they_are(rows: DuckDBPyRelation) -> DuckDBPyRelation:\n"
    "    return rows\n"
)
# What differs between two runs of the same work: ids, hashes of them, seconds, sizes, rates.
_VARYING = re.compile(
    r"\d{8}-\d{6}-[0-9a-f]{6}|[0-9a-f]{16,64}|__[0-9a-f]{10}|\d+\.\d+( s\b)?"
    r"|( serving|total loaded) .*"
    r'|"(seconds|rate|started|finished|bytes|sha256)": [^,\n]+'
)


@dataclass
class Project:
    """The project of a test, in a folder, and the runs of its command line."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def stamp(self) -> Path:
        return self.lake / "stamp.json"

    def file(self, pattern: str) -> Path:
        """The first file in the lake with this name."""
        return min(path for path in self.lake.rglob(pattern) if path.is_file())

    def run(self, *options: str) -> dict[str, Any]:
        """What `medallion run` printed, recorded, and left behind."""
        former = self.runs()
        sys.modules.pop("stamped_steps", None)  # as in a new process
        importlib.invalidate_caches()
        with pytest.raises(SystemExit) as ended:
            main(["run", "-f", str(self.folder / "medallion.yaml"), *options])
        printed = self.capsys.readouterr()
        records = [record for name, record in self.runs().items() if name not in former]
        return {
            "code": ended.value.code,
            "printed": _comparable(printed.out),
            "errors": _comparable(printed.err),
            "records": [_comparable(record) for record in records],
            "lease": self._record("lease.json", "run"),
            "release": self._record("current.json", "sequence"),
            "tables": self._served(),
            "copies": sorted(path.name for path in self.lake.glob("gold/*.parquet")),
        }

    def runs(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.lake / "runs").glob("*.json")}

    def answers_from_the_stamp(self, *options: str) -> bool:
        """Whether a run left the stamp as it is; every other run replaces it, or has none."""
        before = self.stamp.read_bytes() if self.stamp.is_file() else None
        self.run(*options)
        return before is not None and self.stamp.read_bytes() == before

    def _record(self, path: str, field: str) -> object:
        try:
            return json.loads((self.lake / path).read_bytes()).get(field)
        except (FileNotFoundError, ValueError):
            return None

    def _served(self) -> dict[str, list[Any]]:
        file = self.lake / "serving.db"
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                return {
                    name: connection.execute(f"select * from {name} order by 1").fetchall()
                    for name in ("by_client", "by_day")
                }
        except sqlite3.Error as error:
            return {"error": [str(error)]}


def _comparable(text: str) -> list[list[str]]:
    """The words of each line that do not vary; tables finish in any order."""
    return sorted(_VARYING.sub(" ", line).split() for line in text.splitlines())


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """A project whose lake has a stamp. Its files may be older than the clock can tell."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(source_tokens, "RACY", 0.0)
    monkeypatch.setattr(stamp_writer, "SETTLED", 0.0)
    for name in [name for name in os.environ if name.startswith("MEDALLION_")]:
        monkeypatch.delenv(name)
    project = Project(tmp_path / "project", capsys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        published_copy(_write, project.folder)
    first = project.run()
    assert first["code"] == 0, first["errors"]
    assert project.stamp.is_file()
    return project


def _write(folder: Path) -> Path:
    """The project, whose modules are found as by the command line."""
    sys.path.insert(0, str(folder))
    (folder / "stamped_steps.py").write_text(STEPS)
    return small.write(folder, YAML)


def test_the_run_after_a_publish_answers_from_the_stamp(project: Project) -> None:
    assert project.answers_from_the_stamp()
    assert project.answers_from_the_stamp("--json")
    assert project.answers_from_the_stamp("-q")
    assert project.answers_from_the_stamp("-v")


@pytest.mark.parametrize("options", [(), ("--json",), ("-q",), ("-v",), ("--quiet", "--json")])
def test_a_run_from_the_stamp_is_like_one_without(project: Project, options: list[str]) -> None:
    first = project.run(*options)
    lease = json.loads((project.lake / LEASE).read_bytes())
    project.stamp.unlink()
    assert project.run(*options) == first
    after = json.loads((project.lake / LEASE).read_bytes())
    assert after["token"] == lease["token"] + 1
    assert after["last"] > lease["last"]
    runs = md.Lake(project.lake).runs()
    assert [run.status for run in runs] == ["unchanged"] * 3 + ["succeeded"]
    assert all(run.finished and run.finished >= run.started for run in runs)
    ids = {"id", "started", "finished"}
    assert runs[0].model_dump(exclude=ids) == runs[1].model_dump(exclude=ids)


def test_a_correction_and_its_revocation_are_noticed(project: Project) -> None:
    (ident,) = correct(small.load(project.folder), {1: {"amount": "3.50"}})
    assert not project.answers_from_the_stamp()
    assert ("3", "3.50") in orders(small.load(project.folder))
    assert project.answers_from_the_stamp()
    small.load(project.folder).corrections.revoke(ident)
    assert not project.answers_from_the_stamp()
    assert ("3", "3.50") not in orders(small.load(project.folder))


def test_a_lost_export_is_noticed(project: Project) -> None:
    with (project.folder / "medallion.yaml").open("a") as declaration:
        declaration.write("export: [out/small.duckdb]\n")
    assert not project.answers_from_the_stamp()
    assert project.answers_from_the_stamp()
    file = project.folder / "out/small.duckdb"
    file.unlink()
    project.run()
    assert file.is_file()


# What has changed, and whether the stamp still holds


def _same_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes())


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    status = path.stat()
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _another_lake(folder: Path) -> None:
    (folder / "runs").mkdir(parents=True)
    (folder / "lake.json").write_text("{}")


def _through_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _publish_elsewhere(project: Project) -> None:
    orders = project.folder / "data/orders/2024-03.csv"
    orders.write_text(small.MARCH)
    md.Pipeline.load(project.folder / "medallion.yaml").run()
    orders.unlink()


def _roll_back(project: Project) -> None:
    _publish_elsewhere(project)
    md.Pipeline.load(project.folder / "medallion.yaml").roll_back()


def _drop_active(project: Project) -> None:
    with closing(sqlite3.connect(project.lake / "serving.db")) as connection, connection:
        connection.execute("delete from _medallion_active")


def _other_record(project: Project) -> None:
    with closing(sqlite3.connect(project.lake / "serving.db")) as connection, connection:
        connection.execute("update _medallion_releases set body = '{}'")


def _drop_table(project: Project) -> None:
    with closing(sqlite3.connect(project.lake / "serving.db")) as connection, connection:
        (name,) = connection.execute("select name from _medallion_loads limit 1").fetchone()
        connection.execute(f"update {name} set revenue = 0")


def _held(project: Project) -> None:
    Lease(LocalStorage(project.lake), "20990101-000000-000aaa")


def _broken(project: Project) -> None:
    lease = Lease(LocalStorage(project.lake), "20990101-000000-000aaa")
    unlock(LocalStorage(project.lake))
    lease.release()


def _many_runs(project: Project) -> None:
    record = project.file("runs/*.json")
    for number in range(160):
        record.with_name(f"20200101-000000-{number:06x}.json").write_bytes(record.read_bytes())


def _newer_stamp(project: Project) -> None:
    body = json.loads(project.stamp.read_bytes())["stamp"]
    project.stamp.write_bytes(seal(json.dumps({"stamp": {**body, "new": 1}}).encode()))


def _older_stamp(project: Project) -> None:
    former = project.stamp.read_bytes()
    (project.folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    project.run()
    assert project.stamp.read_bytes() != former
    project.stamp.write_bytes(former)


def _set(name: str, value: str) -> Callable[[Project], None]:
    return lambda _: os.environ.__setitem__(name, value)


def _at(path: str, change: Callable[[Path], object]) -> Callable[[Project], None]:
    return lambda project: (change(project.folder / path), None)[1]


def _in_lake(pattern: str, change: Callable[[Path], object]) -> Callable[[Project], None]:
    return lambda project: (change(project.file(pattern)), None)[1]


HOLDS: dict[str, Callable[[Project], None]] = {
    "nothing": lambda _: None,
    "a declaration that was touched": _at("medallion.yaml", _same_bytes),
    "a file next to the declaration": _at("notes.txt", lambda path: path.write_text("")),
    "a folder next to the declaration": _at("stamped_steps", Path.mkdir),
    "a folder as .env": _at(".env", Path.mkdir),
    "a variable that is not used": _set("UNUSED", "1"),
    "bits of a stored file": _in_lake("gold/by_client/**/*.parquet", _flip),
    "bits of a plain copy": _in_lake("gold/by_client.parquet", _flip),
    "bits of a source's kept bytes": _in_lake("bronze/*/objects/*", _flip),
    "a snapshot's record": _in_lake("snapshots/gold.by_client/*.json", _flip),
    "a former run's record": _in_lake("runs/*.json", Path.unlink),
    "a served row": _drop_table,
}
BREAKS: dict[str, Callable[[Project], None]] = {
    "a source file of the same size and time": _at(
        "data/clients.csv", lambda path: _replace(path, "Bob", "Rob")
    ),
    "a source file that was touched": _at("data/clients.csv", _same_bytes),
    "a new source file": _at("data/orders/2024-03.csv", lambda path: path.write_text(small.MARCH)),
    "a source file that was removed": _at("data/orders/2024-02.csv", Path.unlink),
    "all source files removed": _at("data/orders", shutil.rmtree),
    "a source file that was renamed": _at(
        "data/orders/2024-02.csv", lambda path: path.rename(path.with_name("2024-09.csv"))
    ),
    "a source folder behind a link": _at("data/orders", _through_a_link),
    "the declaration": _at("medallion.yaml", lambda path: _replace(path, "1000]", "9.99]")),
    "an invalid declaration": _at("medallion.yaml", lambda path: path.write_text("name: [")),
    "no declaration": _at("medallion.yaml", Path.unlink),
    "a folder as the declaration": _at(
        "medallion.yaml", lambda path: (path.unlink(), path.mkdir())
    ),
    "the name of the pipeline": _set("STAMPED_NAME", "other"),
    "a variable's text": _set("STAMPED_TEXT", "other"),
    "a variable of medallion": _set("MEDALLION_ENGINE", "unknown"),
    "a new .env": _at(".env", lambda path: path.write_text("STAMPED_NAME=other")),
    "a function": _at(
        "stamped_steps.py", lambda path: _replace(path, "return rows", "return(rows)")
    ),
    "a function that is missing": _at("stamped_steps.py", Path.unlink),
    "a module that hides another": _at("yaml.py", lambda path: path.write_text("")),
    "a package that hides another": _at(
        "stamped_steps", lambda path: (path.mkdir(), (path / "__init__.py").write_text(STEPS))
    ),
    "a truncated stored file": _in_lake("gold/by_client/**/*.parquet", _truncate),
    "a missing stored file": _in_lake("silver/orders/**/*.parquet", Path.unlink),
    "a missing source's kept bytes": _in_lake("bronze/*/objects/*", Path.unlink),
    "a missing file of rejects": _in_lake("quarantine/*/*.parquet", Path.unlink),
    "a folder in the place of a file": _in_lake(
        "silver/orders/**/*.parquet", lambda path: (path.unlink(), path.mkdir())
    ),
    "a missing plain copy": _in_lake("gold/by_client.parquet", Path.unlink),
    "a truncated plain copy": _in_lake("gold/by_client.parquet", _truncate),
    "a damaged record of plain copies": _in_lake("plain.json", _flip),
    "a damaged pointer": _in_lake("current.json", _flip),
    "a missing pointer": _in_lake("current.json", Path.unlink),
    "a damaged owner": _in_lake("lake.json", _flip),
    "a damaged release": _in_lake("releases/*.json", _flip),
    "a missing release": _in_lake("releases/*.json", Path.unlink),
    "a missing serving database": _at("lake/serving.db", Path.unlink),
    "another file as the serving database": _at(
        "lake/serving.db", lambda path: path.write_text("no database")
    ),
    "a database without an active release": _drop_active,
    "a database with another record of the release": _other_record,
    "another process's publish": _publish_elsewhere,
    "a rollback": _roll_back,
    "a lease that is held": _held,
    "a lease that was broken": _broken,
    "a damaged lease": _in_lake("lease.json", _flip),
    "a missing lease": _in_lake("lease.json", Path.unlink),
    "a lake around it": _at(".", _another_lake),
    "a lake in a layer": _at("lake/silver/lake", _another_lake),
    "too many records of runs": _many_runs,
    "a damaged stamp": _in_lake("stamp.json", _flip),
    "an empty stamp": _in_lake("stamp.json", lambda path: path.write_text("")),
    "a stamp of another version": _newer_stamp,
    "an older stamp": _older_stamp,
}


@contextmanager
def _same_environment() -> Iterator[None]:
    former = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)


@pytest.mark.parametrize("name", [*HOLDS, *BREAKS])
def test_a_run_gives_the_same_with_and_without_a_stamp(project: Project, name: str) -> None:
    with _same_environment():
        (HOLDS | BREAKS)[name](project)
        before = project.stamp.read_bytes()
        backup = project.folder.with_name("backup")
        shutil.copytree(project.folder, backup, symlinks=True)
        with_stamp = project.run()
        used = project.stamp.read_bytes() == before and with_stamp["code"] == 0
        shutil.rmtree(project.folder)
        shutil.copytree(backup, project.folder, symlinks=True)
        project.stamp.unlink()
        assert with_stamp == project.run()
    assert used == (name in HOLDS)


@pytest.mark.parametrize(
    "option",
    ["--full", "--refresh=bronze.orders", "--only=silver.orders", "--to=silver.orders"],
)
def test_options_that_select_tables_do_not_use_the_stamp(project: Project, option: str) -> None:
    with_stamp = project.run(option)
    project.stamp.unlink()
    if option != "--full":
        assert project.run(option) == with_stamp


def test_a_copy_of_the_lake_is_another_lake(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(project.folder, tmp_path / "copy")
    copy = Project(tmp_path / "copy", capsys)
    assert not copy.answers_from_the_stamp()
    shutil.rmtree(project.folder)
    shutil.copytree(copy.folder, project.folder)
    assert not project.answers_from_the_stamp()
    assert project.answers_from_the_stamp()


def test_another_declaration_of_the_same_lake_does_not_use_the_stamp(project: Project) -> None:
    other = project.folder / "other.yaml"
    other.write_text(YAML.replace("1000]", "9.99]"))
    assert project.answers_from_the_stamp()
    assert "not recorded" not in str(project.run("-f", str(other)))
    assert not project.answers_from_the_stamp()


def test_the_stamp_shows_no_value_of_a_variable(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAMPED_TEXT", "hush-hush-4711")
    assert not project.answers_from_the_stamp()
    assert project.answers_from_the_stamp()
    assert b"hush-hush" not in project.stamp.read_bytes()


def test_a_run_that_another_writer_overtakes_does_not_use_the_stamp(project: Project) -> None:
    """The lease was taken and released since the stamp was compared."""
    storage = LocalStorage(project.lake)
    former = free_version(storage)
    assert project.answers_from_the_stamp()
    assert former
    with pytest.raises(md.MedallionError, match="just now"):
        Lease(storage, free=former)


RUN = """
import json, sys
from medallion.cli import main
if sys.argv[1:] == ["--settled"]:
    from medallion.run import source_tokens, stamp_writer
    source_tokens.RACY = stamp_writer.SETTLED = 0.0
try:
    main(["run"])
finally:
    print(json.dumps(list(sys.modules)))
"""


def _modules(folder: Path, *options: str) -> set[str]:
    """The modules that a run in a process of its own has loaded."""
    (folder / "site").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_run_from_the_stamp_loads_neither_models_nor_plugins(project: Project) -> None:
    assert "pydantic" in _modules(project.folder, "--settled")
    assert {"pydantic", "yaml", "importlib.metadata"} & _modules(project.folder) == set()


def test_a_plugin_that_is_installed_is_loaded(project: Project) -> None:
    """It may be of a format, and claim the suffix of a source."""
    _modules(project.folder, "--settled")
    info = project.folder / "site/late-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n")
    assert "pydantic" in _modules(project.folder, "--settled")
    assert "pydantic" not in _modules(project.folder)
    points = info / "entry_points.txt"
    points.write_text("[medallion.formats]\nlate = late:Late\n")
    for _ in range(2):
        assert "pydantic" in _modules(project.folder, "--settled")


OPENED = """
import json, sys
opened = set()
def note(event, arguments):
    kinds = ("open", "sqlite3.connect", "os.scandir", "os.listdir")
    if event in kinds and not isinstance(arguments[0], int):
        opened.add(str(arguments[0]))
sys.addaudithook(note)
from medallion.cli import main
try:
    main(["run"])
finally:
    print(json.dumps(sorted(opened)))
"""
# The lease, what a run writes, and a cache whose content is in the tokens of the sources.
UNCOMPARED = re.compile(
    r"\.?lease\.json.*|\.?runs.*|\.?stamp\.json.*|touched/.*|\.medallion-scratch.*|"
)


def test_all_that_a_run_with_nothing_new_opens_is_in_its_stamp(project: Project) -> None:
    recorded = json.loads(project.stamp.read_bytes())["stamp"]
    done = subprocess.run(
        [sys.executable, "-c", OPENED],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "up to date" in done.stdout
    opened = {
        str(Path(project.folder, path.removeprefix("file:").partition("?")[0]))
        for path in json.loads(done.stdout.splitlines()[-1])
    }
    parts = ("digests", "versions", "modules", "tables", "places", "stored", "sinks")
    compared = {path for part in parts for path in recorded[part]}
    compared |= {f"{root}/{path}" for root, _, files in recorded["sources"] for path in files}
    own = {path for path in opened if path.startswith(str(project.folder))}
    assert {str(project.lake / "current.json"), str(project.lake / "logs.json")} <= own
    unknown = own - compared
    assert [
        path
        for path in sorted(unknown)
        if not UNCOMPARED.fullmatch(path.removeprefix(f"{project.lake}").removeprefix("/"))
        and "__pycache__" not in path
    ] == []
