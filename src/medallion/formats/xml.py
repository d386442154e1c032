"""The XML format: elements at a path are records; every value is text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from xml.parsers.expat import ExpatError

from pydantic import Field, field_validator, model_validator

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.json_objects import NoObjectsError, read_objects
from medallion.formats.nested_columns import flatten
from medallion.formats.text_file import bytes_of, endings, whole
from medallion.formats.text_lines import MAX_RECORD, TOO_LONG
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.formats.xml_records import XmlRecords, json_line
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection


class Xml(Format):
    """An XML file: the elements at a path are the records, their attributes and elements columns.

    Values are text, without the spaces around them; an empty element is null, and so is one with
    `xsi:nil`. An element that is repeated within a record is a list; one that has attributes or
    elements is a struct, with its own text in the field `text`. Names have no namespace. Files may
    be compressed (`.gz`, `.zst`, `.bz2`). A file that declares entities is refused, and nothing
    that a file refers to is loaded. A record that is too large, or nests more than 100 levels, is
    quarantined with its number; a file that is not well-formed fails the run.

    - `records`: the path of the records below the root, such as `book` or `books/book`; `*` is any
      name. By default the elements below the root, which must have one name.
    - `namespaces`: prefixes for `records`: with `{b: "urn:books"}`, `b:book` is `book` in that
      namespace only. A name without a prefix has any namespace.
    - `lists`: names of elements that are lists also in files in which none is repeated.
    - `attributes`: a prefix for the names of attributes, such as `"@"`.
    - `flatten`: true makes a column of each field of a struct: `price_currency`.

    ```yaml
    tables:
      bronze:
        books:
          source: "data/catalogue*.xml"
          format: {xml: {records: books/book, lists: [author]}}
    ```
    """

    name: ClassVar[str] = "xml"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = endings(".xml")

    records: str | None = Field(default=None, min_length=1)
    namespaces: dict[str, str] = Field(default_factory=dict)
    lists: tuple[str, ...] = ()
    attributes: str = ""
    flatten: bool = False

    @field_validator("lists", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_prefixes(self) -> Xml:
        for name in (self.records or "*").split("/"):
            prefix, colon, local = name.rpartition(":")
            if not local:
                raise ValueError(f"`records` is a path such as `books/book`, not {self.records!r}")
            if colon and prefix not in self.namespaces:
                raise ValueError(f"`namespaces` has no prefix {prefix!r}, which `records` uses")
        return self

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        rejects = UnreadableRecords(name)
        reader = XmlRecords(self._path(), self.attributes)
        with whole(target) as part:
            nodes = part.with_name(f"{part.name}.elements")
            lines = part.with_name(f"{part.name}.lines")
            try:
                self._write_nodes(reader, source, name, nodes)
                if not self._write_lines(reader, nodes, lines, rejects):
                    raise self._nothing(reader, name, rejects)
                parsed = read_objects(lines, "newline_delimited", name, part, connection)
                if self.flatten:
                    parsed = flatten(parsed, name, part, connection)
            except NoObjectsError as error:
                raise SourceError(f"{name}: {error}", hint="check `records`") from None
            finally:
                nodes.unlink(missing_ok=True)
                lines.unlink(missing_ok=True)
        return replace(parsed, rejects=rejects.all())

    def _path(self) -> Iterator[tuple[str | None, str]]:
        for name in (self.records or "*").split("/"):
            prefix, _, local = name.rpartition(":")
            yield self.namespaces[prefix] if prefix else None, local

    def _write_nodes(self, reader: XmlRecords, source: Path, name: str, nodes: Path) -> None:
        """Write each record, with a list for each of its elements, as a line of JSON."""
        try:
            with (
                closing(bytes_of(source, name)) as chunks,
                storage_errors(nodes),
                nodes.open("w", encoding="utf-8", newline="\n") as out,
            ):
                for record in reader.read(chunks):
                    out.write(json.dumps([record.fault, record.value], ensure_ascii=False) + "\n")
        except ExpatError as error:
            raise SourceError(
                f"{name}: is not well-formed XML: {error}",
                hint="download the file again, or declare its `format`",
            ) from None
        except (ValueError, LookupError) as error:  # LookupError for an unknown encoding
            raise SourceError(f"{name}: cannot be read: {error}", hint="fix the file") from None
        if not self.records and len(reader.names) > 1:
            raise SourceError(
                f"{name}: has elements of several names below its root: "
                f"{', '.join(list(reader.names)[:10])}",
                hint="declare `format: {xml: {records: NAME}}`, the path of the records",
            )

    def _write_lines(
        self, reader: XmlRecords, nodes: Path, lines: Path, rejects: UnreadableRecords
    ) -> int:
        """Write the records in the shapes that all of them need; their number."""
        count = 0
        with (
            storage_errors(lines),
            nodes.open(encoding="utf-8") as file,
            lines.open("w", encoding="utf-8", newline="\n") as out,
        ):
            for number, text in enumerate(file, 1):
                fault, value = json.loads(text)
                line = json_line(value, reader.shapes, self.lists)
                if not fault and len(line.encode()) >= MAX_RECORD:
                    fault = TOO_LONG
                if fault:
                    rejects.add(number, fault, "" if value is None else line)
                else:
                    out.write(line + "\n")
                    count += 1
        return count

    def _nothing(self, reader: XmlRecords, name: str, rejects: UnreadableRecords) -> SourceError:
        if len(rejects):
            reason = rejects.all()[0][1]
            return SourceError(f"{name}: no record can be read: {reason}", hint="check `records`")
        paths = [path.partition("/")[2] for path in reader.paths]
        return SourceError(
            f"{name}: has no element {self.records or '*'!r} below its root; "
            f"it has {', '.join(filter(None, paths)) or 'none'}",
            hint="declare `records`, the path of the records, or remove the file from `source`",
        )
