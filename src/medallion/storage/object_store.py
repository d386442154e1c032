"""Remote storage: a bucket of an S3 server such as MinIO or AWS, with conditional writes."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

from medallion.errors import ConflictError, ExistsError, MissingError
from medallion.storage import Entry, Storage, require_packages
from medallion.storage.download_cache import copies
from medallion.storage.s3_settings import S3Settings

if TYPE_CHECKING:
    from medallion.storage.s3 import S3

CHUNK = 8 << 20
_MARK = "medallion-write"  # metadata by which a writer recognises its own object


class RemoteStorage(Storage):
    """Objects below `s3://BUCKET/PREFIX`, streamed, and downloaded in parallel parts.

    Parameters: `options` are fields of `S3Settings`; the environment gives the rest. Raises
    PluginError when the extra `s3` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._bucket, *folders = [part for part in url.partition("://")[2].split("/") if part]
        require_packages(url, "s3", "s3fs")
        self._prefix = "".join(f"{folder}/" for folder in folders)
        self.url = f"s3://{self._bucket}/{self._prefix}".rstrip("/")
        self.settings = S3Settings.of(options, os.environ)

    def read(self, path: str) -> tuple[bytes, str]:
        response = self._request("get_object", path)
        return response["Body"], response["ETag"]

    def open(self, path: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Stream(self, self._known(path)), CHUNK))

    def local(self, path: str) -> Path:
        entry = self._known(path)
        return copies().get(
            f"{self.url}/{path}",
            entry.token,
            lambda part: self._s3().download(self._bucket, self._key(path), part),
        )

    def info(self, path: str) -> Entry | None:
        try:
            response = self._request("head_object", path)
        except MissingError:
            return None
        modified = response["LastModified"].timestamp()
        return Entry(path, response["ContentLength"], response["ETag"], modified, modified)

    def list(self, folder: str) -> list[Entry]:
        below = f"{self._prefix}{folder}/" if folder else self._prefix
        entries = [
            Entry(
                item["Key"][len(self._prefix) :],
                item["Size"],
                item["ETag"],
                *[item["LastModified"].timestamp()] * 2,
            )
            for page in self._pages("list_objects_v2", Prefix=below)
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")  # a web console's mark of an empty folder
        ]
        return sorted(entries, key=lambda entry: entry.path)

    def put(self, path: str, data: bytes) -> None:
        self._request("put_object", path, Body=data)

    def put_file(self, path: str, file: Path) -> None:
        mark = uuid4().hex
        self._s3().upload(file, self._bucket, self._key(path), Metadata={_MARK: mark})
        head = self._request("head_object", path)
        if head["Metadata"].get(_MARK) == mark:  # a download would have the same bytes: cache them
            copies().add(file, copies().path(f"{self.url}/{path}", head["ETag"]))

    def sync(self, paths: Iterable[str]) -> None:
        """Nothing to do: the server's response to a write is its guarantee."""

    def create(self, path: str, data: bytes) -> str:
        version, _ = self._put_if(path, data, IfNoneMatch="*")
        if version is None:
            raise ExistsError(f"{self.url}/{path} at {self.settings.place} is already there")
        return version

    def swap(self, path: str, data: bytes, expected: str) -> str:
        version, exists = self._put_if(path, data, IfMatch=expected)
        if version is not None:
            return version
        if not exists:
            raise MissingError(f"{self.url}/{path} at {self.settings.place}: no such object")
        raise ConflictError(
            f"{self.url}/{path} at {self.settings.place} was changed by another writer"
        )

    def delete(self, path: str, until: float | None = None) -> bool:
        if until is not None and (entry := self.info(path)) and entry.modified > until:
            return False
        self._request("delete_object", path)
        return True

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        swept, own = 0, {"", *folders}
        for page in self._pages("list_multipart_uploads", Prefix=self._prefix):
            for upload in page.get("Uploads", ()):
                path = upload["Key"].removeprefix(self._prefix)
                folder = path.rpartition("/")[0].partition("/")[0]
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
        """A chunk of one version of an object. Raises ConflictError when the object has changed."""
        if start >= entry.bytes:
            return b""
        response = self._request(
            "get_object",
            entry.path,
            Range=f"bytes={start}-{start + CHUNK - 1}",
            IfMatch=entry.token,
        )
        return cast("bytes", response["Body"])

    def _put_if(self, path: str, data: bytes, **condition: str) -> tuple[str | None, bool]:
        """The new version, or None when the condition failed; and whether there is an object.

        A write whose response was lost is retried, and the retry then fails because of the first
        write: the mark of the object shows that it is this writer's.
        """
        mark = uuid4().hex
        try:
            response = self._request(
                "put_object", path, Body=data, Metadata={_MARK: mark}, **condition
            )
            return response["ETag"], True
        except (ConflictError, MissingError):
            pass
        try:
            head = self._request("head_object", path)
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
        # This import takes a second, which `medallion check` avoids.
        from medallion.storage.s3 import connect

        return connect(self.settings, self._bucket, self._prefix)

    def _request(self, method: str, path: str, **parameters: Any) -> dict[str, Any]:
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
    """One version of an object, read chunk by chunk."""

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
