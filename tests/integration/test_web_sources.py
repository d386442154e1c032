"""Source files from a web server and from archives: kept, compared, quarantined like any other."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import medallion as md
from medallion.errors import DeclarationError, MedallionError
from tests.sftp_server import serving_sftp
from tests.web_server import WebServer, serving_files

YAML = """
name: web
tables:
  bronze:
    plain: {{source: "{url}/in/orders.csv?day=today"}}
    packed: {{source: "zip://in/*.csv::{url}/orders.zip"}}
  gold:
    orders: {{from: bronze.packed}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    folder = tmp_path / "web"
    (folder / "in").mkdir(parents=True)
    (folder / "in/orders.csv").write_text("id,amount\n1,5\n2,7\n")
    pack(folder, {"in/a.csv": "id,amount\n1,5\n", "in/b.csv": "id,amount\n2,7\n3,8,9\n"})
    with serving_files(folder) as server:
        yield server


@pytest.fixture
def pipeline(tmp_path: Path, server: WebServer) -> md.Pipeline:
    (tmp_path / "medallion.yaml").write_text(YAML.format(url=server.url))
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def pack(folder: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "orders.zip", "w") as target:
        for name, text in files.items():
            target.writestr(name, text)


def changes(run: md.Run) -> dict[str, dict[str, int]]:
    """How many source files of each table are new, changed and so on."""
    counts = {step.table: step.sources for step in run.steps if step.sources}
    return {
        table: {change: count for change, count in each.items() if count}
        for table, each in counts.items()
    }


def test_files_are_compared_by_their_bytes(pipeline: md.Pipeline, server: WebServer) -> None:
    first = pipeline.run()
    assert changes(first) == {"bronze.plain": {"new": 1}, "bronze.packed": {"new": 2}}
    (reject,) = pipeline.lake.quarantine("bronze.packed").to_arrow().to_pylist()
    assert (reject["file"], reject["record"]) == (f"{server.url}/orders.zip/in/b.csv", 2)
    assert pipeline.run().status == "unchanged"
    downloads = sum(count for (method, _), count in server.requests.items() if method == "GET")
    files = {"in/a.csv": "id,amount\n1,6\n", "in/b.csv": "id,amount\n2,7\n3,8,9\n"}
    pack(server.folder, files)
    second = pipeline.run()
    assert changes(second)["bronze.packed"] == {"changed": 1, "unchanged": 1}
    rows = pipeline.store().find("orders", md.Query()).rows
    assert sorted((row["id"], row["amount"]) for row in rows) == [("1", "6"), ("2", "7")]
    after = sum(count for (method, _), count in server.requests.items() if method == "GET")
    assert after == downloads + 1


def test_queries_are_files_of_their_own_and_secrets_are_not_stored(
    tmp_path: Path, server: WebServer
) -> None:
    secret = "0123456789abcdef-secret"  # noqa: S105 (of a test)
    urls = [f"{server.url}/in/orders.csv?day={day}&api_key={secret}" for day in (1, 2)]
    urls.append(f"zip://in/a.csv::{server.url}/orders.zip?api_key={secret}")
    (tmp_path / "medallion.yaml").write_text(
        f"name: web\ntables:\n  bronze: {{orders: {{source: {urls}}}}}\n"
        "  gold: {orders: {from: bronze.orders}}\n"
    )
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    assert pipeline.store().count("orders", md.Query()) == 5
    names = [f"{server.url}/in/orders.csv?day={day}&api_key=***" for day in (1, 2)]
    names.append(f"{server.url}/orders.zip/in/a.csv?api_key=***")
    release = pipeline.lake.current()
    assert release is not None
    assert [file.name for file in release.tables["bronze.orders"].sources] == names
    stored = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [
        path for path in stored if secret in str(path) or secret.encode() in path.read_bytes()
    ]


def test_a_fault_is_no_retraction(pipeline: md.Pipeline, server: WebServer) -> None:
    """A server that fails must not take away the rows of its files."""
    pipeline.run()
    release = pipeline.lake.current()
    (server.folder / "in/orders.csv").write_text("id,amount\n1,9\n")
    server.faults["/in/orders.csv"] = [(403, {})] * 9
    with pytest.raises(MedallionError, match="the server answered 403"):
        pipeline.run()
    assert pipeline.lake.current() == release


def test_a_lake_cannot_be_on_a_web_server(tmp_path: Path, server: WebServer) -> None:
    text = YAML.format(url=server.url).replace("tables:", f"lake: {server.url}/lake\ntables:")
    (tmp_path / "medallion.yaml").write_text(text)
    with pytest.raises(DeclarationError, match="is only read from; keep the lake in a folder"):
        md.Pipeline.load(tmp_path / "medallion.yaml")


def test_an_archive_on_an_sftp_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    pack(folder, {"in/a.csv": "id,amount\n1,5\n", "in/b.csv": "id,amount\n2,7\n"})
    with serving_sftp(folder, tmp_path) as server:
        monkeypatch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(server.known_hosts))
        monkeypatch.setenv("SFTP_PASSWORD", quote(server.password, safe=""))
        url = server.url.replace("//", "//ann:${SFTP_PASSWORD}@")
        (tmp_path / "medallion.yaml").write_text(
            "name: outgoing\ntables:\n"
            f'  bronze: {{orders: {{source: "zip://in/*.csv::{url}/orders.zip"}}}}\n'
            "  gold: {orders: {from: bronze.orders}}\n"
        )
        pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
        assert pipeline.run().status == "succeeded"
        assert pipeline.run().status == "unchanged"
        assert pipeline.store().count("orders", md.Query()) == 2
    files = [file for file in (tmp_path / "lake").rglob("*") if file.is_file()]
    assert not [file for file in files if server.password.encode() in file.read_bytes()]
