"""The rows of a snapshot for plain copies and sinks, without lineage columns.

Tables of simple types are read without the engine: with many small tables, a query for each would
be most of the time of a publication or a rollback.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medallion.contracts import ORIGIN, Input, Session
from medallion.export.arrow_metadata import described_schema
from medallion.export.parquet_metadata import replace_metadata
from medallion.records import TableDescription
from medallion.records.column_type import INTEGERS, column_type
from medallion.run.row_groups import differing_row_groups
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from medallion.contracts import Batches

ROWS = 100_000  # rows in a row group

# Types by what Arrow calls them, where it reads from a file what the engine would
_SIMPLE = {
    **{name: name for name, bits in INTEGERS.items() if bits <= 64},
    "boolean": "bool",
    "float32": "float",
    "float64": "double",
    "text": "string",
    "date": "date32[day]",
    "timestamp": "timestamp[us]",
}


def write_copy(
    source: Input,
    target: Path,
    session: Callable[[], AbstractContextManager[Session]],
    description: TableDescription,
) -> None:
    """Write the rows of a snapshot to a local file, with its description in the metadata.

    `session` opens the engine's session, if it is needed.
    """
    file = _only_file(source)
    if file and not source.snapshot.origins and not description.digest:
        shutil.copyfile(file, target)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    if file and not source.snapshot.origins:
        with pq.ParquetFile(file) as reader:
            schema, stored = _schema(source, reader), reader.schema_arrow
        if schema is not None and schema.names == stored.names:
            shutil.copyfile(file, target)
            # With the stored columns: some may be without nulls.
            columns = [field.remove_metadata() for field in stored]
            replace_metadata(target, described_schema(pa.schema(columns), description))
            return
    with (
        _batches(source, file, ROWS, session) as batches,
        pq.ParquetWriter(target, described_schema(batches.schema, description)) as writer,
    ):
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=writer.schema))


def plain_batches(
    source: Input, rows: int, session: Callable[[], AbstractContextManager[Session]]
) -> AbstractContextManager[Batches]:
    """The rows of a snapshot without their origins, in batches of up to `rows`.

    `session` opens the engine's session, if it is needed.
    """
    return _batches(source, _only_file(source), rows, session)


class VersionRows(NamedTuple):
    """The rows of two versions of a table between those that both begin with, and both end with.

    `before` and `after` are the numbers of these.
    """

    former: Batches
    latter: Batches
    before: int
    after: int


@contextmanager
def differing_batches(former: Input, latter: Input, rows: int) -> Iterator[VersionRows | None]:
    """The rows in which two versions may differ, in the order in which `plain_batches` has them.

    None when one of them consists of several files, or the engine has to read it.
    """
    with ExitStack() as stack:
        inputs, found = (former, latter), None
        files = [file for file in map(_only_file, inputs) if file]
        if len(files) == len(inputs):
            import pyarrow.parquet as pq

            readers = [stack.enter_context(pq.ParquetFile(file)) for file in files]
            differing = differing_row_groups(readers[0], readers[1], files)
            parts = zip(inputs, readers, differing.groups, strict=True)
            one, two = (_read(source, reader, rows, groups) for source, reader, groups in parts)
            if one and two:
                found = VersionRows(one, two, differing.before, differing.after)
        yield found


@contextmanager
def _batches(
    source: Input,
    file: Path | None,
    rows: int,
    session: Callable[[], AbstractContextManager[Session]],
) -> Iterator[Batches]:
    """The rows of a snapshot; `file` is its only Parquet file."""
    with ExitStack() as stack:
        batches = None
        if file:
            import pyarrow.parquet as pq

            batches = _read(source, stack.enter_context(pq.ParquetFile(file)), rows)
        if batches is None:
            batches = stack.enter_context(session()).batches(source, rows)
        yield batches


def _only_file(source: Input) -> Path | None:
    """The one Parquet file of a snapshot, verified; None when it has several, or another format."""
    files = source.snapshot.files
    whole = not source.snapshot.partitions
    if whole and len(files) == 1 and files[0].path.endswith(".parquet"):
        return verified(source.storage, [Stored.of(files[0])])[0]
    return None


def _read(
    source: Input, reader: pq.ParquetFile, rows: int, groups: Sequence[int] | None = None
) -> Batches | None:
    """The rows as they are in the file, or in some of its row groups, if its types allow that."""
    import pyarrow as pa

    schema = _schema(source, reader)
    if schema is None:
        return None
    batches = reader.iter_batches(rows, columns=schema.names, row_groups=groups)
    # Not `cast`, which would be most of the time of a small table: the types are the same.
    return pa.RecordBatchReader.from_batches(
        schema,
        (
            pa.RecordBatch.from_arrays([batch.column(name) for name in schema.names], schema=schema)
            for batch in batches
        ),
    )


def _schema(source: Input, reader: pq.ParquetFile) -> pa.Schema | None:
    """The columns of a copy; None when the engine would read other columns or types."""
    import pyarrow as pa

    columns = {column.name: _arrow_name(column.type) for column in source.snapshot.columns}
    fields = [field for field in reader.schema_arrow if field.name != ORIGIN]
    if {field.name: str(field.type) for field in fields} != columns or len(fields) != len(columns):
        return None
    types = {field.name: field.type for field in fields}
    return pa.schema([pa.field(name, types[name]) for name in columns])


def _arrow_name(type_: str) -> str:
    logical = column_type(type_)
    if logical.name == "decimal":
        return f"decimal128({logical.precision}, {logical.scale})"
    return _SIMPLE.get(logical.name, "")
