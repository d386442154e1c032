from __future__ import annotations

import json
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from medallion.contracts import CatalogTable
from medallion.sources.mongodb import MongoDBSource


def test_collections_have_a_key_and_views_have_none(mongodb_url: str) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(mongodb_url) as client:
        database = client.get_default_database()
        database["orders"].insert_one({"_id": 1})
        database.command({"create": "a_view", "viewOn": "orders", "pipeline": []})
        assert "system.views" in database.list_collection_names()
    source = MongoDBSource(url=mongodb_url, collection="any")
    with source.connect() as connection:
        assert source.tables(connection) == [
            CatalogTable("a_view"),
            CatalogTable("orders", ("_id",)),
        ]


def test_a_sample_has_documents_as_a_pull_has_them(mongodb_url: str) -> None:
    client: MongoClient[dict[str, Any]]
    number = ObjectId()
    with MongoClient(mongodb_url) as client:
        client.get_default_database()["orders"].insert_many([{"_id": number}, {"_id": 2}])
    source = MongoDBSource(url=mongodb_url, collection="orders")
    with source.connect() as connection:
        lines = sorted(map(json.loads, source.sample(connection, 9)), key=str)
        assert lines == [{"_id": 2}, {"_id": {"$oid": str(number)}}]
        assert len(list(source.sample(connection, 1))) == 1
