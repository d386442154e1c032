"""The key `unreadable: quarantine`: a file that cannot be read is one rejected record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import SerializeAsAny  # noqa: TC002 (Pydantic reads the annotation)

from medallion.contracts import Column, Format, LocalFile, Parsed, ParsedTogether, literal
from medallion.errors import SourceError

if TYPE_CHECKING:
    from medallion.contracts import Connection

# A Parquet file needs a column; the file has none, so that nothing reads this one.
_NO_ROWS = "select null::boolean as unreadable where false"


class SetAsideFormat(Format):
    """A format that rejects a file as a whole when another format, `form`, cannot read it."""

    name: ClassVar[str] = "set_aside"
    version: ClassVar[int] = 2

    form: SerializeAsAny[Format]

    @property
    def added_columns(self) -> Mapping[str, str]:
        return self.form.added_columns

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        try:
            return self.form.parse(source, name, target, connection)
        except SourceError as error:
            reason = f"the file cannot be read: {error.message.removeprefix(f'{name}: ')}"
            options = "format parquet, parquet_version v2"
            connection.execute(
                f"copy ({_NO_ROWS}) to {literal(str(target))} ({options})"
            ).fetchall()
            reason = f"{reason}; {error.hint}" if error.hint else reason
            return Parsed((), 0, ((1, reason, ""),), unreadable=True)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...] | None:
        try:
            return self.form.columns_of(source, name, scratch, connection)
        except SourceError:
            return ()

    def parse_together(
        self, files: Sequence[LocalFile], folder: Path, connection: Connection
    ) -> Iterable[ParsedTogether]:
        return self.form.parse_together(files, folder, connection)
