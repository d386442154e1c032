"""The ORC format: rows and types as they are in the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.orc_conversion import converted
from medallion.formats.parquet import Parquet
from medallion.formats.text_file import check_readable
from medallion.records import Column

if TYPE_CHECKING:
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
        _check_kind(source, name)
        with converted(source, name, target) as copy:
            return Parquet().parse(copy, name, target, connection)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        _check_kind(source, name)
        with converted(source, name, scratch, rows=False) as copy:
            return Parquet().columns_of(copy, name, scratch, connection)


def _check_kind(source: Path, name: str) -> None:
    if not check_readable(source, name).startswith(_MAGIC):
        raise SourceError(f"{name}: is not an ORC file", hint="declare its `format`")
