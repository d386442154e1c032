"""Loading one table into MongoDB: under a name of its own, which becomes the served one when it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medallion.contracts.table_target import Target
from medallion.errors import LoadError
from medallion.records import Served
from medallion.sinks.mongodb.bulk_insert import insert
from medallion.sinks.mongodb.database import (
    LOADS,
)
from medallion.sinks.mongodb.documents import schema_of
from medallion.sinks.mongodb.query import stored_name

if TYPE_CHECKING:
    from pymongo import IndexModel

    from medallion.contracts import Batches
    from medallion.sinks.mongodb.database import Documents


_LOADING = "__loading"


def check_names(wanted: Target) -> None:
    """Raises LoadError for a column that MongoDB cannot query."""
    for name in wanted.kinds:
        if "." in name or name.startswith("$") or name == "_id" or "\0" in name:
            raise LoadError(
                f"{wanted.place}: MongoDB cannot query a column named {name!r}",
                hint="rename it in its table",
            )


def _loading(name: str, token: int) -> str:
    """What a table is called while it is loaded: a stopped writer that wakes up has a name of its own."""
    return f"{name}{_LOADING}{token}" if token else f"{name}{_LOADING}"


def fill(database: Documents, wanted: Target, rows: Batches, token: int) -> int:
    """Load under a name of its own, which becomes the served one in one step at the end; how many rows it has."""
    name = _loading(wanted.name, token)
    nulls = insert(database[name], wanted, rows)
    count = database[name].count_documents({})
    wanted.reconcile(count)
    if not count:  # else the first rows have made it
        database.create_collection(name, check_exists=False)
    if wanted.spec.former:
        nulls |= _join_former(database, name, wanted, wanted.spec.former)
        count = database[name].count_documents({})
    if indexes := _indexes(wanted):
        database[name].create_indexes(indexes)
    database.command("collMod", name, validator={"$jsonSchema": schema_of(wanted.spec)})
    database[name].rename(wanted.name)
    loaded = {"rows": count, "nulls": sorted(nulls), "token": token}
    database[LOADS].replace_one({"_id": wanted.name}, loaded, upsert=True)
    return count


def _indexes(wanted: Target) -> list[IndexModel]:
    """Each index once: the server refuses one that is asked for twice in one command."""
    from pymongo import IndexModel

    key = wanted.spec.key
    indexes = [
        tuple((stored_name(column, key), -1 if descending else 1) for column, descending in index)
        for index in wanted.indexes()
    ]
    if len(key) > 1:
        indexes.append(tuple((column, 1) for column in key))
    return [IndexModel(index) for index in dict.fromkeys(indexes)]


def _join_former(database: Documents, name: str, wanted: Target, former: Served) -> set[str]:
    """Let the server bring in the documents served before; the columns in which they may hold a null."""
    mark = database[LOADS].find_one({"_id": former.name, "rows": {"$ne": None}})
    if mark is None:
        raise wanted.lost(former)
    carried = wanted.carried(former)
    missing = set(wanted.kinds) - set(carried)
    stages: list[dict[str, Any]] = []
    if carried != [column.name for column in former.columns]:
        shape = {
            column: f"${column}" if column in carried else {"$literal": None}
            for column in wanted.kinds
        }
        stages.append({"$project": shape})
    matched = "keepExisting" if wanted.spec.mode == "merge" else "replace"
    stages.append(
        {"$merge": {"into": name, "on": "_id", "whenMatched": matched, "whenNotMatched": "insert"}}
    )
    database[former.name].aggregate(stages)
    return {column for column in mark["nulls"] if column in carried} | missing


def forget(database: Documents, name: str, token: int, writer: int) -> bool:
    """Drop a load, unless a newer writer uses it; whether it went. Its mark is emptied first, for a reader that finds
    the rows gone looks there; it goes last, so that what a kill leaves behind is found again."""
    unused: dict[str, Any] = {"_id": name}
    if writer:
        unused["token"] = {"$not": {"$gt": writer}}
    if not database[LOADS].update_one(unused, {"$set": {"rows": None}}).matched_count:
        return False
    drop(database, name, token)
    database[LOADS].delete_one(unused)
    return True


def drop(database: Documents, name: str, token: int) -> None:
    """Drop the collection of a load, and the one under the name that it had while it was loaded."""
    database.drop_collection(name)
    database.drop_collection(_loading(name, token))
