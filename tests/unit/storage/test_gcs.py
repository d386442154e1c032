"""Files in buckets of Google Cloud Storage, on a server that speaks its JSON API."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import Storage, open_storage
from tests.services import Service, Unavailable, fake_gcs, free_ports
from tests.source_contract import FILES, Replace, ServedSourceContract


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    try:
        with fake_gcs(tmp_path_factory.mktemp("gcs")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def bucket(service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    from google.cloud.storage import Client

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", service.url)
    client = Client.create_anonymous_client()
    client.project = "shop"
    bucket = client.bucket("landing")
    if not bucket.exists():
        bucket.create()
    for path, body in {**FILES, "": b""}.items():
        bucket.blob(f"in/{path}").upload_from_string(body)
    return bucket


@pytest.fixture
def storage(bucket: Any) -> Storage:  # noqa: ARG001 (its objects)
    storage: Storage = pickle.loads(pickle.dumps(open_storage("gs://landing/in")))  # noqa: S301
    return storage


@pytest.fixture
def replace(bucket: Any) -> Replace:
    return lambda path, body: bucket.blob(f"in/{path}").upload_from_string(body)


class TestGcs(ServedSourceContract):
    """Objects of a bucket, by their generations."""


@pytest.mark.usefixtures("bucket")
def test_a_missing_bucket_is_no_empty_one() -> None:
    for look in (lambda other: other.list(""), lambda other: other.info("a.csv")):
        with pytest.raises(StorageError, match="there is no bucket 'nowhere'") as caught:
            look(open_storage("gs://nowhere/in"))
        assert not isinstance(caught.value, MissingError)


def test_an_unreachable_server_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_ports(1)[0]}")
    monkeypatch.setattr("medallion.storage.gcs.ATTEMPTS_SECONDS", 1)
    with pytest.raises(StorageError, match="gs://landing/in: no answer"):
        open_storage("gs://landing/in").list("")


def test_missing_credentials_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(StorageError, match="access denied") as caught:
        open_storage("gs://landing/in").list("")
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.hint
