"""Files on FTP servers: listed with sizes and times, lost connections, and errors."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

import medallion as md
from medallion.errors import DeclarationError, StorageError
from medallion.storage import Storage, open_storage
from tests.certificates import certificates
from tests.ftp_server import PASSWORD, FtpServed, serving_ftp
from tests.source_contract import FILES, Replace, ServedSourceContract, write_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ftp")
    write_file(folder, "other/secret.csv", b"id\n")
    return folder


@pytest.fixture
def replace(folder: Path) -> Replace:
    for path, body in FILES.items():
        write_file(folder / "in", path, body)
    return partial(write_file, folder / "in")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[FtpServed]:
    with serving_ftp(folder) as server:
        yield server


@pytest.fixture
def storage(server: FtpServed, replace: Replace) -> Storage:  # noqa: ARG001 (its files)
    return opened(server)


def opened(server: FtpServed, password: str = PASSWORD, path: str = "/in") -> Storage:
    user = f"ann:{quote(password, safe='')}"
    storage = open_storage(f"{server.url.replace('//', f'//{user}@')}{path}")
    copy: Storage = pickle.loads(pickle.dumps(storage))  # noqa: S301
    return copy


class TestFtp(ServedSourceContract):
    """Files below a folder of a server."""


def test_a_lost_connection_is_made_again(server: FtpServed, storage: Storage) -> None:
    assert storage.info("a.csv") is not None
    server.drop()
    assert len(storage.list("")) == len(FILES)


def test_a_wrong_password_is_refused_and_not_shown(server: FtpServed) -> None:
    with pytest.raises(StorageError, match="refuses the user ann") as caught:
        opened(server, "wrong-password").list("")
    assert "wrong-password" not in f"{caught.value} {caught.value.hint}"
    assert PASSWORD not in opened(server).url


def test_a_file_that_may_not_be_read_is_reported(server: FtpServed) -> None:
    with pytest.raises(StorageError, match=r"other/secret\.csv: permission denied"):
        opened(server, path="/other").read("secret.csv")


def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(StorageError, match=r"ftp://127\.0\.0\.1:9: .*refused"):
        open_storage("ftp://ann:word@127.0.0.1:9/in").list("")


def test_a_server_without_mlsd_is_refused(folder: Path) -> None:
    with (
        serving_ftp(folder, without_mlsd=True) as server,
        pytest.raises(StorageError, match="does not list files by MLSD"),
    ):
        opened(server).list("")


@pytest.mark.usefixtures("replace")
def test_a_server_with_tls_must_have_a_known_certificate(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path)
    with serving_ftp(folder, made) as server:
        with pytest.raises(StorageError, match="certificate verify failed"):
            opened(server).list("")
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
        assert opened(server).read("deep/b c.csv")[0] == b"id\n2\n"


@pytest.mark.usefixtures("storage")
def test_files_on_a_server_are_a_source_and_no_lake(
    server: FtpServed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTP_PASSWORD", quote(PASSWORD, safe=""))
    url = server.url.replace("//", "//ann:${FTP_PASSWORD}@")
    text = f"""name: outgoing
tables:
  bronze: {{orders: {{source: "{url}/in/**/*.csv", exclude: "**/a.csv"}}}}
  gold: {{orders: {{from: bronze.orders}}}}
"""
    (tmp_path / "medallion.yaml").write_text(text)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert pipeline.run().status == "succeeded"
    assert pipeline.run().status == "unchanged"
    release = pipeline.lake.current()
    assert release is not None
    (source,) = release.tables["bronze.orders"].sources
    assert source.name == f"{server.url}/in/deep/b c.csv".replace("//", "//ann:***@")
    (tmp_path / "medallion.yaml").write_text(f"lake: {url}/lake\n{text}")
    with pytest.raises(DeclarationError, match="is only read from; keep the lake in a folder"):
        md.Pipeline.load(tmp_path / "medallion.yaml")
