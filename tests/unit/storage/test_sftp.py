"""Files on SFTP servers: known servers only, lost connections, and errors that say what to do."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncssh
import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import Storage, open_storage
from tests.sftp_server import SftpServer, serving_sftp

BODY = b"id\n1\n" * 100_000


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    folder = tmp_path / "served"
    (folder / "in/deep").mkdir(parents=True)
    (folder / "in/a.csv").write_bytes(BODY)
    (folder / "in/deep/b.csv").write_bytes(b"id\n2\n")
    (folder / "in/link.csv").symlink_to("deep/b.csv")
    (folder / "in/lost.csv").symlink_to("nowhere.csv")
    (folder / "in/loop").symlink_to(".")
    with serving_sftp(folder, tmp_path) as server:
        monkeypatch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(server.known_hosts))
        yield server


@pytest.fixture
def storage(server: SftpServer) -> Storage:
    return opened(server)


def opened(server: SftpServer, password: str = "", path: str = "/in") -> Storage:
    user = f"ann:{quote(password or server.password, safe='')}"
    storage = open_storage(f"{server.url.replace('//', f'//{user}@')}{path}")
    copy: Storage = pickle.loads(pickle.dumps(storage))  # noqa: S301
    return copy


def test_files_are_listed_and_read(server: SftpServer, storage: Storage) -> None:
    entries = storage.list("")
    assert [(each.path, each.bytes) for each in entries] == [
        ("a.csv", len(BODY)),
        ("deep/b.csv", 5),
        ("link.csv", 5),
    ]
    assert [each.path for each in storage.list("deep")] == ["deep/b.csv"]
    assert storage.read("a.csv") == (BODY, entries[0].token)
    with storage.open("link.csv") as file:
        assert file.read() == b"id\n2\n"
    (server.folder / "in/a.csv").write_bytes(b"id\n")
    assert storage.read("a.csv")[0] == b"id\n"
    assert storage.info("deep") is None
    assert storage.list("none") == []


def test_a_file_that_does_not_exist_is_missing(storage: Storage) -> None:
    assert storage.info("none.csv") is None
    with pytest.raises(MissingError, match=r"none\.csv: no such file"):
        storage.local("none.csv")


def test_a_lost_connection_is_made_again(server: SftpServer, storage: Storage) -> None:
    assert storage.info("a.csv") is not None
    server.drop()
    assert storage.read("a.csv")[0] == BODY


def test_a_key_takes_the_place_of_a_password(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_SFTP_KEY", str(server.key))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    storage = open_storage(f"{server.url.replace('//', '//ann@')}/in")
    assert storage.read("deep/b.csv")[0] == b"id\n2\n"


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
    with pytest.raises(StorageError, match="the server is not known") as caught:
        opened(server, path="/in/").list("")
    assert f"ssh-keyscan -p {server.port} 127.0.0.1 >> {tmp_path}/empty" in caught.value.hint


def test_a_server_with_another_key_is_refused(server: SftpServer) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}")
    with pytest.raises(StorageError, match="has another key than"):
        opened(server, path="//in").list("")


def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(StorageError, match=r"sftp://127\.0\.0\.1:9: .*Unable to connect"):
        open_storage("sftp://ann:word@127.0.0.1:9/in").list("")


def test_a_file_that_may_not_be_read_is_reported(server: SftpServer, storage: Storage) -> None:
    (server.folder / "in/secret.csv").write_text("id\n")
    with pytest.raises(StorageError, match=r"in/secret\.csv: permission denied"):
        storage.read("secret.csv")
