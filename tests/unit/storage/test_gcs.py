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

BODY = b"id\n1\n" * 100_000


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
    for key, body in {"in/a.csv": BODY, "in/deep/b c.csv": b"id\n2\n", "in/": b""}.items():
        bucket.blob(key).upload_from_string(body)
    return bucket


@pytest.fixture
def storage(bucket: Any) -> Storage:  # noqa: ARG001 (its objects)
    storage: Storage = pickle.loads(pickle.dumps(open_storage("gs://landing/in")))  # noqa: S301
    return storage


def test_objects_are_listed_with_sizes_times_and_generations(storage: Storage) -> None:
    entries = storage.list("")
    assert [(each.path, each.bytes) for each in entries] == [
        ("a.csv", 500_000),
        ("deep/b c.csv", 5),
    ]
    assert all(each.modified > 1_700_000_000 and each.token.isdecimal() for each in entries)
    assert [storage.info(each.path) for each in entries] == entries
    assert storage.list("deep") == [entries[1]]
    assert (storage.info("none.csv"), storage.info("deep"), storage.list("none")) == (
        None,
        None,
        [],
    )


def test_objects_are_read_and_compared(bucket: Any, storage: Storage) -> None:
    data, token = storage.read("a.csv")
    assert data == BODY
    bucket.blob("in/a.csv").upload_from_string(b"id\n3\n")
    after, other = storage.read("a.csv")
    assert (after, other != token) == (b"id\n3\n", True)
    with pytest.raises(MissingError, match=r"gs://landing/in/none\.csv: no such file"):
        storage.read("none.csv")


def test_an_object_that_changes_while_it_is_read_is_reported(
    bucket: Any, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = storage.info("a.csv")
    bucket.blob("in/a.csv").upload_from_string(b"id\n9\n")
    monkeypatch.setattr(storage, "info", lambda _: entry)  # as it was a moment ago
    with pytest.raises(StorageError, match=r"a\.csv changed while it was read"):
        storage.local("a.csv")


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
