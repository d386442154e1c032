"""Source records by the ids of rows: their file, number and fields, as they are in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, Input, Inputs, SourceLayer
from medallion.sql.row_ids import file_of, position_of, row_id

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

NO_RECORDS = (
    f"select null::bigint as {ROW}, null::varchar as file, null::bigint as record, "
    'null::varchar as "row" where false'
)


def source_records(source: Input, ids: Relation, connection: Connection) -> Relation:
    """The records of a table of source files with some `_row`: also `file`, `record` and `row`.

    Only the files are read that have one of them.
    """
    if not isinstance(source.layer, SourceLayer):
        raise TypeError(f"{source.snapshot.table} is not a table of source files")
    sources = source.snapshot.sources
    numbers = sorted(number for (number,) in ids.project(file_of(ROW)).distinct().fetchall())
    if not numbers:
        return connection.sql(NO_RECORDS)
    few = source.snapshot.model_copy(update={"sources": tuple(sources[n] for n in numbers)})
    table = source.snapshot.origins[0].number
    # Within the few files, a file has the number of its place among them.
    place = f"(list_position({numbers}::bigint[], {file_of(ROW)}) - 1)::bigint"
    wanted = ids.project(f"{row_id(table, place, position_of(ROW))} as {ORIGIN}")
    records = source.layer.originals(source.storage, few, wanted, Inputs(connection))
    number = f"({numbers}::bigint[])[{file_of(ORIGIN)} + 1]"
    row = row_id(table, number, position_of(ORIGIN))
    return records.project(f'{row} as {ROW}, file, record, "row"')
