from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from pymongo import MongoClient

from medallion.errors import SourceError
from medallion.proposal import sample
from medallion.proposal.sample import sample_file
from medallion.sources.mongodb import MongoDBSource


@pytest.fixture
def source(mongodb_url: str) -> MongoDBSource:
    client: MongoClient[dict[str, int]]
    with MongoClient(mongodb_url) as client:
        client.get_default_database()["orders"].insert_many([{"_id": n} for n in range(10, 50)])
    return MongoDBSource(url=mongodb_url, collection="orders")


def ids(path: Path) -> set[int]:
    return {json.loads(line)["_id"] for line in path.read_text().splitlines()}


def test_all_documents_of_a_small_collection_are_written(
    source: MongoDBSource, tmp_path: Path
) -> None:
    assert not sample_file(source, tmp_path / "a.ndjson")
    assert ids(tmp_path / "a.ndjson") == set(range(10, 50))


@pytest.mark.parametrize(("limit", "most"), [("MOST_DOCUMENTS", 7), ("MOST_BYTES", 84)])
def test_no_more_documents_are_written_than_a_sample_has(
    source: MongoDBSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(sample, limit, most)
    assert sample_file(source, tmp_path / "a.ndjson")
    assert len(ids(tmp_path / "a.ndjson")) == 7


class Repeating:
    """A collection of 8 documents, one of which is drawn twice, as MongoDB may do."""

    def connect(self) -> AbstractContextManager[None]:
        return nullcontext()

    def sample(self, connection: None, size: int) -> Iterator[bytes]:
        yield from [b'{"_id": %d}\n' % max(1, n) for n in range(9)][:size]


@pytest.mark.parametrize(("most", "is_sample", "written"), [(7, True, 6), (9, False, 8)])
def test_a_document_that_is_drawn_twice_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, is_sample: bool, written: int
) -> None:
    monkeypatch.setattr(sample, "MOST_DOCUMENTS", most)
    assert sample_file(Repeating(), tmp_path / "a.ndjson") == is_sample
    assert ids(tmp_path / "a.ndjson") == set(range(1, written + 1))


def test_one_document_is_written_however_large(
    source: MongoDBSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MOST_BYTES", 1)
    assert sample_file(source, tmp_path / "a.ndjson")
    assert len(ids(tmp_path / "a.ndjson")) == 1


def test_a_collection_that_does_not_exist_is_an_error(mongodb_url: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such collection"):
        sample_file(MongoDBSource(url=mongodb_url, collection="orders"), tmp_path / "a.ndjson")
