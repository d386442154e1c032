"""Rights are tried, each with its hint, and nothing of the trial remains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.rights import rights

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.fixture
def weak(connection: Connection) -> Iterator[Connection]:
    """The connection as a role without rights."""
    execute(connection, "create role weak")
    execute(connection, "set role weak")
    yield connection
    execute(connection, "reset role")
    execute(connection, "drop role weak")


def objects(connection: Connection) -> int:
    (number,) = execute(connection, "select count(*) from pg_class").fetchone() or (0,)
    return int(number)


def test_all_rights_are_granted_and_nothing_remains(connection: Connection) -> None:
    before = objects(connection)
    tried = list(rights(connection, "new schema", None, "here"))
    assert [(right.what, right.refused) for right in tried] == [
        (what, None) for what in ("schema", "internal tables", "tables", "indexes", "views")
    ]
    assert [right.what for right in rights(connection, "public", "postgres", "here")] == [
        "internal tables",
        "tables",
        "indexes",
        "views",
        "reader",
    ]
    assert objects(connection) == before


def test_each_refusal_has_its_hint(weak: Connection) -> None:
    refused = {right.what: right.refused for right in rights(weak, "public", "no one", "here")}
    assert "permission denied for schema public" in str(refused["tables"])
    assert "grant this user usage and create" in str(refused["tables"])
    assert "belongs to the role 'postgres', not to 'weak'" in str(refused["internal tables"])
    assert "there is no role 'no one'" in str(refused["reader"])
    refused = {right.what: right.refused for right in rights(weak, "new", None, "here")}
    assert "grant this user create on the database" in str(refused["schema"])
