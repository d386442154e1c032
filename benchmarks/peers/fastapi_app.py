"""The same endpoints as most would write them: FastAPI, pymongo, one collection.

`PEER_URL` names the database, `uvicorn fastapi_app:app --workers 2` serves it.
"""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI, HTTPException, Query
from pymongo import DESCENDING, MongoClient

app = FastAPI()
clients = MongoClient(os.environ["PEER_URL"]).get_default_database()["peer_clients"]


@app.get("/clients")
def list_clients(
    country: str | None = None,
    min_total: float | None = None,
    max_total: float | None = None,
    limit: int = Query(50, le=1000),
) -> list[dict[str, Any]]:
    query: dict[str, Any] = {}
    if country:
        query["country"] = country
    if min_total is not None:
        query["total_spent"] = {"$gte": min_total}
    if max_total is not None:
        query.setdefault("total_spent", {})["$lte"] = max_total
    return list(clients.find(query, {"_id": 0}).sort("total_spent", DESCENDING).limit(limit))


@app.get("/clients/{client_id}")
def one_client(client_id: int) -> dict[str, Any]:
    found = clients.find_one({"client_id": client_id}, {"_id": 0})
    if not found:
        raise HTTPException(404)
    return found


@app.get("/stats/summary")
def summary() -> dict[str, Any]:
    return clients.database["peer_summary"].find_one({}, {"_id": 0}) or {}
