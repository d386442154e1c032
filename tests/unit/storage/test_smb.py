"""Files in shares of a Samba server: lost connections, and errors that say what to do."""

from __future__ import annotations

import fcntl
import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from smbprotocol.exceptions import SMBOSError

from medallion.errors import MissingError, StorageError
from medallion.storage import Storage, open_storage, smb
from medallion.storage.smb import SmbStorage
from tests.proxy import proxy
from tests.services import Service, Unavailable, samba
from tests.source_contract import BODY, FILES, Replace, ServedSourceContract, write_file


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    try:
        with samba() as service:
            secret = Path(service.key, "other/secret.csv")
            secret.parent.mkdir()
            secret.write_text("id\n")
            secret.chmod(0o600)
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def replace(service: Service) -> Replace:
    folder = Path(service.key, "in")
    for path, body in FILES.items():
        write_file(folder, path, body)
    return partial(write_file, folder)


@pytest.fixture
def storage(service: Service, replace: Replace) -> Storage:  # noqa: ARG001 (its files)
    return opened(service)


def opened(service: Service, password: str = "", path: str = "files/in", port: str = "") -> Storage:
    user = f"ann:{quote(password or service.secret, safe='')}"
    url = service.url.rpartition(":")[0] + f":{port}" if port else service.url
    storage = open_storage(f"{url.replace('//', f'//{user}@')}/{path}")
    copy: Storage = pickle.loads(pickle.dumps(storage))  # noqa: S301
    return copy


class TestSmb(ServedSourceContract):
    """Files in a share."""


# Nobody can close a handle over a connection that is lost.
@pytest.mark.filterwarnings("ignore:unclosed SMB handle:ResourceWarning")
def test_a_lost_connection_is_made_again(service: Service, replace: Replace) -> None:
    replace("a.csv", BODY)
    with proxy(service.url) as between:
        storage = opened(service, port=between.url.rpartition(":")[2])
        assert storage.info("a.csv") is not None
        between.cut_after = len(BODY) // 2
        assert storage.read("a.csv")[0] == BODY
        assert between.cuts == 1


def test_an_answer_that_does_not_come_is_a_lost_connection(
    service: Service, replace: Replace, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace("a.csv", BODY)
    with proxy(service.url) as between:
        storage = opened(service, port=between.url.rpartition(":")[2])
        assert isinstance(storage, SmbStorage)
        connection = storage.connect()
        between.mute = True
        monkeypatch.setattr(smb, "SECONDS", 1)
        with pytest.raises(storage.faults(), match="timeout of 1 seconds") as lost:
            storage.look(connection, "a.csv")
        assert storage.refusal("a.csv", lost.value) is None
        storage.close(connection)


def test_threads_read_at_the_same_time(storage: Storage) -> None:
    for _ in range(3):  # connections are made at the same time
        with ThreadPoolExecutor(8) as pool:
            bodies = list(pool.map(lambda _: storage.read("deep/b c.csv")[0], range(16)))
        assert {*bodies} == {FILES["deep/b c.csv"]}


def test_a_lost_connection_of_one_thread_is_no_fault_of_another(
    storage: Storage, replace: Replace, tmp_path: Path
) -> None:
    """A file is half read when another thread closes its own connection, which is lost."""
    body = BODY * 8
    replace("a.csv", body)
    assert isinstance(storage, SmbStorage)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(storage.download, storage.connect(), "a.csv", pipe)
        with pipe.open("rb") as read:
            begin = read.read(1)
            storage.close(storage.connect())
            assert begin + read.read() == body
        download.result()


def test_the_connection_of_a_thread_ends_with_it(storage: Storage) -> None:
    def receivers() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each.name.startswith("msg_worker")}

    before, during = receivers(), set[threading.Thread]()

    def ask() -> None:
        assert storage.info("a.csv") is not None
        during.update(receivers() - before)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    (receiver,) = during
    receiver.join(120)
    assert not receiver.is_alive()


def test_a_refusal_of_the_server_is_no_lost_connection(service: Service, replace: Replace) -> None:
    replace("a.csv", BODY)
    with proxy(service.url) as between, Path(service.key, "in/a.csv").open("r+b") as file:
        storage = opened(service, port=between.url.rpartition(":")[2])
        assert isinstance(storage, SmbStorage)
        fcntl.lockf(file, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match=r"a\.csv: another program has the file open"):
            storage.read("a.csv")
        between.refuse = True  # a new connection
        fcntl.lockf(file, fcntl.LOCK_UN)
        assert storage.read("a.csv")[0] == BODY


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (0xC00000BA, "the server refuses to read it: STATUS_FILE_IS_A_DIRECTORY"),
        (0xC0000102, "the server refuses to read it: 0xc0000102"),  # a corrupt file
        (0xC0000043, "another program has the file open"),
        (0xC0000203, None),  # a session that the server has ended
        (0xC000035C, None),
    ],
)
def test_what_an_answer_of_the_server_means(status: int, fault: str | None) -> None:
    storage = open_storage("smb://ann:word@127.0.0.1:9/files")
    assert isinstance(storage, SmbStorage)
    refusal = storage.refusal("a.csv", SMBOSError(status, "a.csv"))
    assert (refusal and refusal.message) == (fault and f"a.csv: {fault}")


def test_a_wrong_password_is_refused_and_not_shown(service: Service, storage: Storage) -> None:
    assert len(storage.list("")) == 2
    with pytest.raises(StorageError, match="refuses the user ann: STATUS_LOGON_FAILURE") as caught:
        opened(service, "wrong-password").list("")
    assert "wrong-password" not in f"{caught.value} {caught.value.hint}"
    assert service.secret not in storage.url
    with pytest.raises(StorageError, match="refuses the user : "):
        open_storage(f"{service.url}/files/in").list("")


def test_what_may_not_be_read_is_reported(service: Service) -> None:
    with pytest.raises(StorageError, match=r"other/secret\.csv: permission denied") as caught:
        opened(service, path="files/other").read("secret.csv")
    assert not isinstance(caught.value, MissingError)
    with pytest.raises(StorageError, match="/closed: permission denied"):
        opened(service, path="closed").list("")


def test_a_missing_share_is_no_empty_one(service: Service) -> None:
    for look in (lambda other: other.list(""), lambda other: other.info("a.csv")):
        with pytest.raises(StorageError, match="there is no share 'nowhere'") as caught:
            look(opened(service, path="nowhere/in"))
        assert not isinstance(caught.value, MissingError)
    with pytest.raises(StorageError, match="no share is named"):
        opened(service, path="")


def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(StorageError, match=r"smb://127\.0\.0\.1:9: .*refused"):
        open_storage("smb://ann:word@127.0.0.1:9/files").list("")
