"""`add` and `aliases` of a source: columns added to those of its files, and columns renamed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny

from medallion.contracts import RESERVED, Format, Parsed, literal, quote
from medallion.errors import SourceError, StorageError, did_you_mean
from medallion.records import Column
from medallion.sql.duckdb_types import columns_of, types_of

if TYPE_CHECKING:
    from medallion.contracts import Connection
    from medallion.storage import Entry

FILE_FACTS = ("path", "name", "modified", "record")
_FOLDER = re.compile(r"folder\((\w+)\)")
_HIVE = re.compile(r"([^=/]+)=([^/]*)")
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_STARTS = "_record_starts"


def check_added(text: str) -> str:
    """The fact that an added column holds, unchanged. Raises ValueError on an unknown one."""
    if text in FILE_FACTS or _FOLDER.fullmatch(text):
        return text
    known = did_you_mean(text, (*FILE_FACTS, "folder(year)", "folder(1)"))
    raise ValueError(
        f"{text!r} cannot be added{known}; "
        "write path, name, modified, record, folder(NAME) or folder(1)"
    )


def _unreserved(name: str) -> str:
    if not name.strip() or name.lower() in RESERVED:
        raise ValueError(f"{name!r} cannot be the name of a column")
    return name


def _listed(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        name: (others,) if isinstance(others, str) else others for name, others in value.items()
    }


def _one_name_each(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    seen = {name.casefold(): name for name in value}
    for name, others in value.items():
        for other in others:
            column = seen.setdefault(other.casefold(), name)
            if column != name:  # one that differs from its own column in case is a name of it
                raise ValueError(f"{other!r} cannot be both {column!r} and {name!r}")
    return value


AddedColumns = dict[
    Annotated[str, AfterValidator(_unreserved)], Annotated[str, AfterValidator(check_added)]
]
"""Facts about a file by the column that holds them."""

Aliases = Annotated[
    dict[Annotated[str, AfterValidator(_unreserved)], tuple[str, ...]],
    BeforeValidator(_listed, json_schema_input_type=dict[str, str | list[str]]),
    AfterValidator(_one_name_each),
]
"""The names that a column has in some files, by its own name."""


class ShapedFormat(Format):
    """A format that renames columns and adds facts about the file to those of another format.

    `form` reads the file. `names` maps the casefolded name of a column in files to its own name.
    `added` maps each added column to an SQL expression, in which `{record}` stands for the number
    of the row's record.
    """

    name: ClassVar[str] = "shaped"

    form: SerializeAsAny[Format]
    names: dict[str, str] = Field(default_factory=dict)
    added: dict[str, str] = Field(default_factory=dict)

    @property
    def added_columns(self) -> Mapping[str, str]:
        return self.added

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        plain = target.with_name(f"{target.name}.plain")
        try:
            parsed = self.form.parse(source, name, plain, connection)
            chosen = dict(self._renamed(name, parsed.columns))
            self._write(plain, target, chosen, parsed, connection)
        finally:
            plain.unlink(missing_ok=True)
        rows = connection.sql(f"from read_parquet({literal(str(target))})")
        # What the format says of a column is more than the Parquet file does: which types are
        # undecided, and which are others in the source file.
        read = {column.name: column for column in parsed.columns}
        columns = tuple(
            read[chosen[column.name]].model_copy(update={"name": column.name})
            if column.name in chosen
            else column
            for column in columns_of(types_of(rows))
        )
        return Parsed(columns, parsed.rows, parsed.rejects, parsed.warnings)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...] | None:
        columns = self.form.columns_of(source, name, scratch, connection)
        if columns is None:
            return None
        names = {former: new for new, former in self._renamed(name, columns)}
        facts = [
            f"{expression.replace('{record}', '0')} as {quote(column)}"
            for column, expression in self.added.items()
        ]
        added = types_of(connection.sql(f"select {', '.join(facts)}")) if facts else {}
        renamed = (column.model_copy(update={"name": names[column.name]}) for column in columns)
        return (*renamed, *columns_of(added))

    def _renamed(self, file: str, columns: Iterable[Column]) -> Iterator[tuple[str, str]]:
        """(name, name in the file) of each column. Raises SourceError when two names are equal."""
        seen = {name.casefold(): "`add`" for name in self.added}
        for column in columns:
            name = self.names.get(column.name.casefold(), column.name)
            if name.casefold() in seen:
                other = seen[name.casefold()]
                fault = (
                    f"{file}: the column {column.name!r} would be called {name!r}, as is {other}"
                )
                raise SourceError(fault, hint="correct `aliases` or `add`")
            seen[name.casefold()] = f"the column {column.name!r}"
            yield name, column.name

    def _write(
        self,
        plain: Path,
        target: Path,
        names: Mapping[str, str],
        parsed: Parsed,
        connection: Connection,
    ) -> None:
        import duckdb

        selected = [f"{quote(former)} as {quote(name)}" for name, former in names.items()]
        rows = f"read_parquet({literal(str(plain))}, hive_partitioning=false)"
        record = "file_row_number + 1"
        if parsed.rejects and any("{record}" in expression for expression in self.added.values()):
            # The Parquet file lacks rejected records: from position `start` on, the number of a
            # record is larger by the rejected records `before` it.
            starts = [record - before for before, (record, *_) in enumerate(parsed.rejects, 1)]
            before = (
                "select unnest(?::bigint[]) as start, "
                "unnest(range(1, len(?::bigint[]) + 1)) as before"
            )
            before = f"select start, max(before) as before from ({before}) group by start"
            connection.execute(
                f"create or replace temp table {_STARTS} as {before}", [starts, starts]
            ).fetchall()
            numbered = f"(select *, file_row_number from {rows}) as r"
            rows = f"{numbered} asof left join {_STARTS} on r.file_row_number >= start"
            record = "r.file_row_number + 1 + coalesce(before, 0)"
        selected += [
            f"{expression.replace('{record}', record)} as {quote(column)}"
            for column, expression in self.added.items()
        ]
        query = f"select {', '.join(selected)} from {rows} order by file_row_number"
        options = "format parquet, compression snappy, parquet_version v2"
        try:
            connection.execute(f"copy ({query}) to {literal(str(target))} ({options})").fetchall()
        except duckdb.IOException as error:
            raise StorageError(
                f"{target}: cannot be written: {error}", hint="check the space left"
            ) from error


def shaped(
    form: Format,
    aliases: Mapping[str, Iterable[str]],
    add: Mapping[str, str],
    name: str,
    entry: Entry,
) -> Format:
    """The format that reads one file: `form`, with the `aliases` and `add` of its source applied.

    `name` is the file's path relative to the declaration. Raises SourceError when the file is not
    in a folder that `add` names.
    """
    if not aliases and not add:
        return form
    names = {other.casefold(): column for column, others in aliases.items() for other in others}
    return ShapedFormat(
        form=form,
        names=names,
        added={column: _fact(what, name, entry) for column, what in add.items()},
    )


def _fact(what: str, name: str, entry: Entry) -> str:
    """SQL of a fact about a file. Raises SourceError when the file is not in such a folder."""
    if what == "record":
        return "({record})::bigint"
    if what == "modified":
        moment = datetime.fromtimestamp(entry.mtime, UTC)
        return f"timestamptz {literal(moment.isoformat(sep=' '))}"
    *folders, last = name.split("/")
    folder = _FOLDER.fullmatch(what)
    if folder is None:
        return literal(name if what == "path" else last)
    key = folder[1]
    if key.isdigit():
        value = folders[-int(key)] if 0 < int(key) <= len(folders) else None
    else:
        value = dict(_hive_values(folders)).get(key)
    if value is None:
        known = (
            ", ".join(f"{key}=…" for key, _ in _hive_values(folders)) or "/".join(folders) or "none"
        )
        raise SourceError(
            f"{name}: is not in a folder {what}, which `add` names",
            hint=f"its folders: {known}; correct `add` or `source`",
        )
    return "null::varchar" if value == _HIVE_NULL else literal(value)


def _hive_values(folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        if match := _HIVE.fullmatch(folder):
            yield match[1], match[2] if match[2] == _HIVE_NULL else unquote(match[2])


def unused_folders(
    names: Iterable[str], patterns: Sequence[str], add: Mapping[str, str], columns: Iterable[str]
) -> list[str]:
    """The keys of folders such as `year=2024` that distinguish files without being columns.

    A folder that all patterns name is the same for all files. `names` are those of the files,
    `columns` those of the table.
    """
    if not patterns:  # pulled from a source without folders
        return []
    shared = set.intersection(*(set(each.split("/")) for each in patterns))
    keys: dict[str, None] = {}
    for name in names:
        for folder in name.split("/")[:-1]:
            match = _HIVE.fullmatch(folder)
            if match and folder not in shared:
                keys[match[1]] = None
    known = set(add.values())
    present = {column.casefold() for column in columns}
    return [key for key in keys if f"folder({key})" not in known and key.casefold() not in present]
