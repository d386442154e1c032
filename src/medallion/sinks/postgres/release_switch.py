"""The switch to a release: pointer, owner and views, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medallion.contracts.table_target import require_loaded
from medallion.records import Owner, Release, Served
from medallion.sinks.postgres.database import ACTIVE, RELEASES, execute, qualified, read_loaded
from medallion.sinks.postgres.views import grant, point_views

if TYPE_CHECKING:
    from psycopg import Connection


def switch(
    connection: Connection,
    schema: str,
    release: Release,
    served: dict[str, Served],
    reader: str | None,
    place: str,
) -> None:
    """Point at the release, and its views at its tables, which `reader` may read."""
    require_loaded(place, release, served, read_loaded(connection, schema))
    execute(
        connection,
        f"insert into {qualified(schema, RELEASES)} values (?, ?) "
        "on conflict (id) do update set body = excluded.body",
        [release.id, release.model_dump_json()],
    )
    execute(
        connection,
        f"update {qualified(schema, ACTIVE)} set release = ?, switches = switches + 1",
        [release.id],
    )
    views = point_views(connection, schema, release, served, place)
    if reader:
        grant(connection, schema, views, reader, place)


def record_owner(connection: Connection, schema: str, owner: Owner) -> None:
    """Record the owner next to the pointer; readers look the release up again."""
    execute(
        connection,
        f"update {qualified(schema, ACTIVE)} set owner = ?, switches = switches + 1",
        [owner.model_dump_json()],
    )


def forget_releases(connection: Connection, schema: str, kept: Sequence[Release]) -> None:
    """Delete the records of all other releases; readers look the release up again."""
    execute(
        connection,
        f"delete from {qualified(schema, RELEASES)} where id <> all(?)",
        [[release.id for release in kept]],
    )
    execute(connection, f"update {qualified(schema, ACTIVE)} set switches = switches + 1")
