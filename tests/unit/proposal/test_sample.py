from __future__ import annotations

import json
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


def test_one_document_is_written_however_large(
    source: MongoDBSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MOST_BYTES", 1)
    assert sample_file(source, tmp_path / "a.ndjson")
    assert len(ids(tmp_path / "a.ndjson")) == 1


def test_a_collection_that_does_not_exist_is_an_error(mongodb_url: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such collection"):
        sample_file(MongoDBSource(url=mongodb_url, collection="orders"), tmp_path / "a.ndjson")
