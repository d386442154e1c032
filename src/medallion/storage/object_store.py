"""A bucket of an S3 server as storage: MinIO, AWS, or any that has conditional writes."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

from medallion.errors import CallError, ConflictError, ExistsError, MissingError, PluginError
from medallion.storage import Entry, Storage
from medallion.storage.download_cache import copies
from medallion.storage.s3_settings import S3Settings

if TYPE_CHECKING:
    from medallion.storage.s3 import S3

CHUNK = 8 << 20
_MARK = "medallion-write"  # metadata by which a writer knows its own object again


class RemoteStorage(Storage):
    """Objects below `s3://BUCKET/PREFIX`, streamed and fetched in parallel parts.

    Parameters: `options` are fields of `S3Settings`; the environment gives what they leave out.
    Raises CallError on another kind of URL, PluginError when the extra `s3` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        scheme, _, rest = url.partition("://")
        self._bucket, *folders = [part for part in rest.split("/") if part] or [""]
        if scheme != "s3" or not self._bucket:
            raise CallError(
                f"{url}: is neither a folder nor s3://bucket/folder",
                hint="lakes live in folders or on S3",
            )
        if find_spec("s3fs") is None or find_spec("tenacity") is None:
            raise PluginError(
                f"{url} needs s3fs, which is not installed", hint="pip install 'medallion-lake[s3]'"
            )
        self._prefix = "".join(f"{folder}/" for folder in folders)
        self.url = f"s3://{self._bucket}/{self._prefix}".rstrip("/")
        self.settings = S3Settings.of(options, os.environ)

    def read(self, path: str) -> tuple[bytes, str]:
        answer = self._ask("get_object", path)
        return answer["Body"], answer["ETag"]

    def open(self, path: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Stream(self, self._known(path)), CHUNK))

    def local(self, path: str) -> Path:
        entry = self._known(path)
        copy = copies().path(f"{self.url}/{path}", entry.token)
        if not copy.exists():
            part = copies().part()
            self._s3().download(self._bucket, self._key(path), part)
            part.replace(copy)
        return copy

    def info(self, path: str) -> Entry | None:
        try:
            answer = self._ask("head_object", path)
        except MissingError:
            return None
        modified = answer["LastModified"].timestamp()
        return Entry(path, answer["ContentLength"], answer["ETag"], modified, modified)

    def list(self, folder: str) -> list[Entry]:
        below = f"{self._prefix}{folder}/" if folder else self._prefix
        found = [
            Entry(
                item["Key"][len(self._prefix) :],
                item["Size"],
                item["ETag"],
                *[item["LastModified"].timestamp()] * 2,
            )
            for page in self._pages("list_objects_v2", Prefix=below)
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")  # what a web console makes for an empty folder
        ]
        return sorted(found, key=lambda entry: entry.path)

    def put(self, path: str, data: bytes) -> None:
        self._ask("put_object", path, Body=data)

    def put_file(self, path: str, file: Path) -> None:
        mark = uuid4().hex
        self._s3().upload(file, self._bucket, self._key(path), Metadata={_MARK: mark})
        head = self._ask("head_object", path)
        if (
            head["Metadata"].get(_MARK) == mark
        ):  # the file is what would be fetched: keep it as the copy
            shutil.move(file, copies().path(f"{self.url}/{path}", head["ETag"]))

    def sync(self, paths: Iterable[str]) -> None:
        """Nothing to do: the server's answer to a write is its promise."""

    def create(self, path: str, data: bytes) -> str:
        version, _ = self._put_if(path, data, IfNoneMatch="*")
        if version is None:
            raise ExistsError(f"{self.url}/{path} at {self.settings.place} is already there")
        return version

    def swap(self, path: str, data: bytes, expected: str) -> str:
        version, found = self._put_if(path, data, IfMatch=expected)
        if version is not None:
            return version
        if not found:
            raise MissingError(f"{self.url}/{path} at {self.settings.place}: no such object")
        raise ConflictError(
            f"{self.url}/{path} at {self.settings.place} was changed by another writer"
        )

    def delete(self, path: str, until: float | None = None) -> bool:
        if until is not None and (entry := self.info(path)) and entry.modified > until:
            return False
        self._ask("delete_object", path)
        return True

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        swept, own = 0, {"", *folders}
        for page in self._pages("list_multipart_uploads", Prefix=self._prefix):
            for upload in page.get("Uploads", ()):
                folder = (
                    upload["Key"].removeprefix(self._prefix).rpartition("/")[0].partition("/")[0]
                )
                if folder not in own or _is_younger(upload, until):
                    continue
                self._s3().request(
                    "abort_multipart_upload",
                    self._bucket,
                    upload["Key"],
                    UploadId=upload["UploadId"],
                )
                swept += 1
        return swept

    def chunk(self, entry: Entry, start: int) -> bytes:
        """A piece of an object as it was when it was looked up. Raises ConflictError when it was changed since."""
        if start >= entry.bytes:
            return b""
        answer = self._ask(
            "get_object",
            entry.path,
            Range=f"bytes={start}-{start + CHUNK - 1}",
            IfMatch=entry.token,
        )
        return cast("bytes", answer["Body"])

    def _put_if(self, path: str, data: bytes, **condition: str) -> tuple[str | None, bool]:
        """The new version, or None when the condition does not hold; and whether there is an object.

        A write whose answer was lost on the way is tried again, and then refused for its own sake:
        its mark tells.
        """
        mark = uuid4().hex
        try:
            return self._ask("put_object", path, Body=data, Metadata={_MARK: mark}, **condition)[
                "ETag"
            ], True
        except (ConflictError, MissingError):
            pass
        try:
            head = self._ask("head_object", path)
        except MissingError:
            return None, False
        return (head["ETag"] if head["Metadata"].get(_MARK) == mark else None), True

    def _known(self, path: str) -> Entry:
        entry = self.info(path)
        if entry is None:
            raise MissingError(f"{self.url}/{path} at {self.settings.place}: no such object")
        return entry

    def _key(self, path: str) -> str:
        return f"{self._prefix}{path}"

    def _s3(self) -> S3:
        from medallion.storage.s3 import (
            connect,  # takes a second, which `medallion check` need not wait
        )

        return connect(self.settings, self._bucket, self._prefix)

    def _ask(self, method: str, path: str, **parameters: Any) -> dict[str, Any]:
        return self._s3().request(method, self._bucket, self._key(path), **parameters)

    def _pages(self, method: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        further: dict[str, Any] = {}
        while True:
            page = self._s3().request(method, self._bucket, **parameters, **further)
            yield page
            if not page.get("IsTruncated"):
                return
            if method == "list_objects_v2":
                further = {"ContinuationToken": page["NextContinuationToken"]}
            else:
                further = {
                    "KeyMarker": page["NextKeyMarker"],
                    "UploadIdMarker": page["NextUploadIdMarker"],
                }


def _is_younger(upload: Mapping[str, Any], until: float | None) -> bool:
    return until is not None and upload["Initiated"].timestamp() > until


class _Stream(io.RawIOBase):
    """An object read piece by piece, all of one version."""

    def __init__(self, storage: RemoteStorage, entry: Entry) -> None:
        self._storage = storage
        self._entry = entry
        self._at = 0
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._piece:
            self._piece = memoryview(self._storage.chunk(self._entry, self._at))
            self._at += len(self._piece)
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size
