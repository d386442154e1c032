"""The ORC format: rows and types as they are in the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.converted_parquet import converted_columns, parse_converted
from medallion.formats.text_file import check_readable
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.records import Column

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import orc

    from medallion.contracts import Connection

_MAGIC = b"ORC"


class Orc(Format):
    """An ORC file. Its columns keep their types, nested ones too, as those of a Parquet file do.

    ```yaml
    tables:
      bronze:
        events: {source: "data/events/*.orc"}
    ```
    """

    name: ClassVar[str] = "orc"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".orc",)

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with _opened(source, name) as file:
            rejects = UnreadableRecords(name)
            return parse_converted(_stripes(file, name), file.schema, rejects, target, connection)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        with _opened(source, name) as file:
            return converted_columns(file.schema, name, scratch, connection)


@contextmanager
def _opened(source: Path, name: str) -> Iterator[orc.ORCFile]:
    import pyarrow as pa
    from pyarrow import orc

    if not check_readable(source, name).startswith(_MAGIC):
        raise SourceError(f"{name}: is not an ORC file", hint="declare its `format`")
    try:
        with source.open("rb") as file:
            yield orc.ORCFile(file)
    except (pa.ArrowException, OSError) as error:
        raise _corrupt(name, error) from error


def _stripes(file: orc.ORCFile, name: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for number in range(file.nstripes):
        try:
            stripe = file.read_stripe(number)
        except (pa.ArrowException, OSError) as error:
            raise _corrupt(name, error) from error
        yield stripe


def _corrupt(name: str, error: Exception) -> SourceError:
    reason = str(error).partition("\n")[0]
    return SourceError(f"{name}: is cut short or corrupt: {reason}", hint="download it again")
