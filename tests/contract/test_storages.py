"""The built-in storages keep the contract they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from medallion.storage import Storage, open_storage
from medallion.storage.object_store import RemoteStorage
from medallion.testing.storages import StorageContract
from tests.buckets import empty_bucket, make_bucket, options
from tests.services import Service


class TestLocal(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return open_storage(str(tmp_path / "lake"))

    def opened(self, storage: Storage, url: str) -> Storage:
        return open_storage(url)


@pytest.fixture(scope="module")
def bucket(s3_server: Service) -> Iterator[str]:
    name = make_bucket(s3_server)
    yield name
    empty_bucket(s3_server, name)


class TestS3(StorageContract):
    def opened(self, storage: Storage, url: str) -> Storage:
        assert isinstance(storage, RemoteStorage)
        return open_storage(url, options=asdict(storage.settings))

    @pytest.fixture
    def storage(self, s3_server: Service, bucket: str, request: pytest.FixtureRequest) -> Storage:
        folder = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
        return open_storage(f"s3://{bucket}/{folder}", options=options(s3_server))
