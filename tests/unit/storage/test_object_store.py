"""Remote storage before its first request: its URL, settings and pickles.

The requests themselves are tested with a server, in tests/contract/test_storages.py.
"""

from __future__ import annotations

import io
import pickle

import pytest

from medallion.errors import CallError
from medallion.secrets import mask
from medallion.storage import Entry, open_storage
from medallion.storage.object_store import CHUNK, RemoteStorage, _Stream


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEDALLION_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket//lake/a b/", "s3://bucket/lake/a b"),
    ],
)
def test_a_url_is_normalised(url: str, normal: str) -> None:
    storage = open_storage(url)
    assert isinstance(storage, RemoteStorage)
    assert (storage.url, storage.root) == (normal, None)


def test_options_win_over_the_environment_and_secrets_are_masked() -> None:
    storage = RemoteStorage("s3://bucket/lake", {"secret": "secret-of-user"})
    assert (storage.settings.region, storage.settings.secret) == ("eu-west-1", "secret-of-user")
    assert mask("secret-of-user") == "***"
    with pytest.raises(CallError, match="S3 has no setting 'bucket'"):
        RemoteStorage("s3://bucket/lake", {"bucket": "x"})


def test_a_pickled_storage_reaches_the_same_objects() -> None:
    storage = RemoteStorage("s3://bucket/lake", {"endpoint_url": "http://s3:9000", "patience": 1})
    copy = pickle.loads(pickle.dumps(storage))  # noqa: S301
    assert (copy.url, copy.settings) == (storage.url, storage.settings)


class Bucket(RemoteStorage):
    """A storage with one object, whose chunks need no request."""

    data = bytes(range(256)) * 10
    size = 1_000

    def chunk(self, entry: Entry, start: int) -> bytes:
        return self.data[start : start + self.size]


def test_a_stream_reads_an_object_chunk_by_chunk() -> None:
    storage = Bucket("s3://bucket", {})
    entry = Entry("a", len(storage.data), "v1", 0, 0)
    with io.BufferedReader(_Stream(storage, entry), 300) as stream:
        assert stream.read(10) == storage.data[:10]
        assert stream.read() == storage.data[10:]
        assert stream.read(1) == b""


@pytest.mark.parametrize("size", [0, CHUNK])
def test_there_is_no_chunk_beyond_the_end(size: int) -> None:
    entry = Entry("a", size, "v1", 0, 0)
    assert RemoteStorage("s3://bucket", {}).chunk(entry, size) == b""
