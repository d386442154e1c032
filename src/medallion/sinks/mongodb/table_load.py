"""Loads one table into a temporary collection, which gets the served name when complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medallion.contracts.table_target import Target
from medallion.errors import LoadError
from medallion.records import Served
from medallion.sinks.mongodb.bulk_insert import insert
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.documents import schema_of
from medallion.sinks.mongodb.query import stored_name

if TYPE_CHECKING:
    from pymongo import IndexModel

    from medallion.contracts import Batches
    from medallion.sinks.mongodb.database import Documents


_LOADING = "__loading"


def check_names(target: Target) -> None:
    """Raise LoadError for a column name that MongoDB cannot query."""
    for name in target.kinds:
        if "." in name or name.startswith("$") or name == "_id" or "\0" in name:
            raise LoadError(
                f"{target.place}: MongoDB cannot query a column named {name!r}",
                hint="rename it in its table",
            )


def loading_name(name: str, token: int) -> str:
    """The temporary name of a collection: of each writer its own, should a stopped one continue."""
    return f"{name}{_LOADING}{token}" if token else f"{name}{_LOADING}"


def load_table(database: Documents, target: Target, rows: Batches, token: int) -> int:
    """Load, index and validate a temporary collection, rename it, and return its rows."""
    name = loading_name(target.name, token)
    nulls = insert(database[name], target, rows)
    count = database[name].count_documents({})
    target.reconcile(count)
    if not count:  # inserting a row creates the collection; without one it must be created
        database.create_collection(name, check_exists=False)
    if target.spec.former:
        nulls |= _join_former(database, name, target, target.spec.former)
        count = database[name].count_documents({})
    complete(database, target, count, nulls, token)
    return count


def complete(database: Documents, target: Target, count: int, nulls: set[str], token: int) -> None:
    """Index and validate the temporary collection, rename it, and record that it is complete.

    Parameters: `count` are its documents, `nulls` the columns with a null.
    """
    name = loading_name(target.name, token)
    if indexes := _indexes(target):
        database[name].create_indexes(indexes)
    database.command("collMod", name, validator={"$jsonSchema": schema_of(target.spec)})
    database[name].rename(target.name)
    mark = {"rows": count, "nulls": sorted(nulls), "token": token}
    database[LOADS].replace_one({"_id": target.name}, mark, upsert=True)


def _indexes(target: Target) -> list[IndexModel]:
    """Each index once: the server refuses a command that names the same index twice."""
    from pymongo import IndexModel

    key = target.spec.key
    indexes = [
        tuple((stored_name(column, key), -1 if descending else 1) for column, descending in index)
        for index in target.indexes()
    ]
    if len(key) > 1:
        indexes.append(tuple((column, 1) for column in key))
    return [IndexModel(index) for index in dict.fromkeys(indexes)]


def _join_former(database: Documents, name: str, target: Target, former: Served) -> set[str]:
    """Let the server copy the documents served before; return their columns with nulls."""
    mark = database[LOADS].find_one({"_id": former.name, "rows": {"$ne": None}})
    if mark is None:
        raise target.lost(former)
    common_columns = target.common_columns(former)
    missing = set(target.kinds) - set(common_columns)
    stages: list[dict[str, Any]] = []
    # A missing field is not null: it would be a group of its own.
    if missing or len(common_columns) < len(former.columns):
        columns = {
            column: f"${column}" if column in common_columns else {"$literal": None}
            for column in target.kinds
        }
        stages.append({"$project": columns})
    when_matched = "keepExisting" if target.spec.mode == "merge" else "replace"
    stages.append(
        {
            "$merge": {
                "into": name,
                "on": "_id",
                "whenMatched": when_matched,
                "whenNotMatched": "insert",
            }
        }
    )
    database[former.name].aggregate(stages)
    return {column for column in mark["nulls"] if column in common_columns} | missing


def drop_load(database: Documents, name: str, token: int, writer: int) -> bool:
    """Drop a load, unless a newer writer uses it; return whether it was dropped.

    Its mark gets `rows: None` first, because a reader that finds no rows looks at the mark; the
    mark is deleted last, so that what a killed process leaves is found by the next `prune`.
    """
    unused_load: dict[str, Any] = {"_id": name}
    if writer:
        unused_load["token"] = {"$not": {"$gt": writer}}
    if not database[LOADS].update_one(unused_load, {"$set": {"rows": None}}).matched_count:
        return False
    drop_collections(database, name, token)
    database[LOADS].delete_one(unused_load)
    return True


def drop_collections(database: Documents, name: str, token: int) -> None:
    """Drop the collection of a load, and the temporary one."""
    database.drop_collection(name)
    database.drop_collection(loading_name(name, token))
