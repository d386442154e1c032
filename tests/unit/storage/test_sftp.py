"""Files on SFTP servers: known servers only, lost connections, and errors that say what to do."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import asyncssh
import pytest

from medallion.errors import StorageError
from medallion.storage import Storage, open_storage
from tests.sftp_server import SftpServer, serving_sftp
from tests.source_contract import BODY, FILES, Replace, ServedSourceContract, write_file


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    state = tmp_path_factory.mktemp("sftp")
    (state / "served/other").mkdir(parents=True)
    with serving_sftp(state / "served", state) as server:
        yield server


@pytest.fixture
def server(running: SftpServer, monkeypatch: pytest.MonkeyPatch) -> SftpServer:
    monkeypatch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(running.known_hosts))
    return running


@pytest.fixture
def replace(server: SftpServer) -> Replace:
    for path, body in FILES.items():
        write_file(server.folder / "in", path, body)
    return partial(write_file, server.folder / "in")


@pytest.fixture
def storage(server: SftpServer, replace: Replace) -> Storage:  # noqa: ARG001 (its files)
    return opened(server)


def opened(server: SftpServer, password: str = "", path: str = "/in") -> Storage:
    user = f"ann:{quote(password or server.password, safe='')}"
    storage = open_storage(f"{server.url.replace('//', f'//{user}@')}{path}")
    copy: Storage = pickle.loads(pickle.dumps(storage))  # noqa: S301
    return copy


class TestSftp(ServedSourceContract):
    """Files below a folder of a server."""


@pytest.mark.usefixtures("replace")
def test_links_are_followed_to_files(server: SftpServer) -> None:
    (server.folder / "links").mkdir()
    for name, target in {"link.csv": "../in/a.csv", "lost.csv": "x", "loop": "."}.items():
        (server.folder / "links" / name).symlink_to(target)
    storage = opened(server, path="/links")
    assert [(each.path, each.bytes) for each in storage.list("")] == [("link.csv", len(BODY))]
    assert storage.read("link.csv")[0] == BODY


def test_a_lost_connection_is_made_again(server: SftpServer, storage: Storage) -> None:
    assert storage.info("a.csv") is not None
    server.drop()
    assert storage.read("a.csv")[0] == BODY


@pytest.mark.usefixtures("replace")
def test_a_key_takes_the_place_of_a_password(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_SFTP_KEY", str(server.key))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    storage = open_storage(f"{server.url.replace('//', '//ann@')}/in")
    assert storage.read("deep/b c.csv")[0] == b"id\n2\n"


def test_a_wrong_password_is_refused_and_not_shown(server: SftpServer) -> None:
    with pytest.raises(StorageError, match="the server refuses the user ann") as caught:
        opened(server, "wrong-password").list("")
    assert "wrong-password" not in f"{caught.value} {caught.value.hint}"
    assert server.password not in opened(server).url


def test_a_server_that_is_not_known_is_refused(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").write_text("")
    monkeypatch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(tmp_path / "empty"))
    server.drop()  # the connection of a test before
    with pytest.raises(StorageError, match="the server is not known") as caught:
        opened(server, path="/in/").list("")
    assert f"ssh-keyscan -p {server.port} 127.0.0.1 >> {tmp_path}/empty" in caught.value.hint


def test_a_server_with_another_key_is_refused(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {other}")
    monkeypatch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(tmp_path / "known_hosts"))
    server.drop()
    with pytest.raises(StorageError, match="has another key than"):
        opened(server, path="//in").list("")


def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(StorageError, match=r"sftp://127\.0\.0\.1:9: .*Unable to connect"):
        open_storage("sftp://ann:word@127.0.0.1:9/in").list("")


def test_a_file_that_may_not_be_read_is_reported(server: SftpServer) -> None:
    (server.folder / "other/secret.csv").write_text("id\n")
    with pytest.raises(StorageError, match=r"other/secret\.csv: permission denied"):
        opened(server, path="/other").read("secret.csv")
