"""Files in archives: listed, unpacked once, and refused where they could do harm."""

from __future__ import annotations

import io
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import archive, open_storage
from tests.web_server import serving_files

FILES = {"in/a.csv": b"id\n1\n", "in/b/c.csv": b"id\n2\n" * 1000, "top.txt": b""}


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.mkdir("empty")
        for name, data in files.items():
            target.writestr(name, data)


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as target:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))


WRITERS = {
    "zip": ("zip", write_zip),
    "tar.gz": ("tar", write_tar),
    "tar.xz": ("tar", lambda path, files: write_tar(path, files, "w:xz")),
    "tar.bz2": ("tar", lambda path, files: write_tar(path, files, "w:bz2")),
    "tar": ("tar", lambda path, files: write_tar(path, files, "w")),
}


@pytest.fixture(params=WRITERS)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, Callable[..., None]]:
    scheme, write = WRITERS[request.param]
    path = tmp_path / f"files.{request.param}"
    write(path, FILES)
    return f"{scheme}://::{path}", path, write


def test_files_are_listed_and_read(packed: tuple[str, Path, Callable[..., None]]) -> None:
    url, path, write = packed
    storage = pickle.loads(pickle.dumps(open_storage(url)))  # noqa: S301
    entries = storage.list("")
    assert [(each.path, each.bytes) for each in entries] == [
        (name, len(data)) for name, data in FILES.items()
    ]
    assert [each.path for each in storage.list("in")] == ["in/a.csv", "in/b/c.csv"]
    for name, data in FILES.items():
        assert storage.read(name)[0] == data
    write(path, {"in/a.csv": b"id\n3\n"})
    changed = storage.info("in/a.csv")
    assert changed.token != entries[0].token
    assert storage.read("in/a.csv") == (b"id\n3\n", changed.token)
    assert storage.info("top.txt") is None


def test_an_archive_is_looked_at_once_for_all_its_files(tmp_path: Path) -> None:
    write_zip(tmp_path / "files.zip", {f"{number}.csv": b"id\n" for number in range(50)})
    with serving_files(tmp_path) as server:
        storage = open_storage(f"zip://::{server.url}/files.zip")
        assert {storage.local(entry.path).read_bytes() for entry in storage.list("")} == {b"id\n"}
    assert server.requests["HEAD", "/files.zip"] < 10
    assert server.requests["GET", "/files.zip"] == 1


def test_an_archive_that_changes_while_it_is_read_is_reported(tmp_path: Path) -> None:
    write_zip(tmp_path / "files.zip", {"a.csv": b"id\n1\n"})
    storage = open_storage(f"zip://::{tmp_path}/files.zip")
    storage.list("")
    write_zip(tmp_path / "files.zip", {"b.csv": b"id\n22\n"})
    with pytest.raises(StorageError, match=r"files\.zip changed while it was read"):
        storage.open("a.csv")


def test_a_relative_archive_is_below_the_base(tmp_path: Path) -> None:
    write_zip(tmp_path / "files.zip", FILES)
    assert open_storage("zip://::files.zip", tmp_path).read("in/a.csv")[0] == FILES["in/a.csv"]


def test_there_may_be_no_such_archive(tmp_path: Path) -> None:
    storage = open_storage(f"zip://::{tmp_path}/none.zip")
    with pytest.raises(MissingError, match=r"none\.zip: no such archive"):
        storage.list("")


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "in/../../out.csv", "..\\out.csv"])
def test_a_file_outside_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    write_zip(tmp_path / "files.zip", {"a.csv": b"id\n", name: b"id\n"})
    with pytest.raises(StorageError, match="would be outside of its folder"):
        open_storage(f"zip://::{tmp_path}/files.zip").list("")


def test_a_link_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "files.tar", "w") as target:
        link = tarfile.TarInfo("passwords.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        target.addfile(link)
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as packed:
        entry = zipfile.ZipInfo("passwords.csv")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    for kind in ("tar", "zip"):
        with pytest.raises(StorageError, match=r"passwords\.csv is a link"):
            open_storage(f"{kind}://::{tmp_path}/files.{kind}").list("")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "files.zip", "w") as target:
        warnings.simplefilter("ignore")
        target.writestr("a.csv", "id\n1\n")
        target.writestr("a.csv", "id\n2\n")
    with pytest.raises(StorageError, match=r"'a\.csv' is in it 2 times"):
        open_storage(f"zip://::{tmp_path}/files.zip").list("")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    write_zip(tmp_path / "files.zip", {"zeros.csv": bytes(4 << 20)})
    write_tar(tmp_path / "files.tar", {"zeros.csv": bytes(4 << 20)})
    for kind in ("zip", "tar"):
        with pytest.raises(StorageError, match=r"would unpack to 4,194,304 bytes, from"):
            open_storage(f"{kind}://::{tmp_path}/files.{kind}").list("")


def test_a_damaged_archive_is_reported(packed: tuple[str, Path, Callable[..., None]]) -> None:
    url, path, _ = packed
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(StorageError, match="cannot be unpacked") as caught:
        open_storage(url).read("in/b/c.csv")
    assert caught.value.hint == "check that it is complete"


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "files.zip"
    write_zip(path, {"a.csv": b"id\n"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark, 1) if mark == b"PK\x03\x04" else data.rindex(mark)
        data[place + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"a\.csv is encrypted"):
        open_storage(f"zip://::{path}").list("")
