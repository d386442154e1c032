"""medallion.yaml → Declaration, with every problem in one pass, each with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from medallion import plugins
from medallion.contracts import Plugin
from medallion.declaration import locations
from medallion.declaration.consistency import faults
from medallion.declaration.exports import Export
from medallion.declaration.messages import known_keys, message_of
from medallion.declaration.models import (
    Declaration,
    Heading,
    ServedTable,
    SinkDeclaration,
    Source,
    Table,
)
from medallion.declaration.valid_parts import ValidParts, valid_declaration
from medallion.declaration.yaml_document import Document, dotted, read
from medallion.errors import DeclarationError, PluginError, Problem, did_you_mean
from medallion.secrets import masked_logger

Trail = tuple[str | int, ...]

_log = masked_logger(__name__)

_STEPS_OF_FILES = (
    "a table with `source` keeps its files unchanged; write this in a table that reads `from` it"
)
_NOT_WITH_SOURCE = {
    "from": "a table has either `source` (files to read) or `from` (tables to read), not both"
}


def load(path: Path, *, serving: bool = False) -> tuple[Declaration, Document]:
    """Read and check a declaration.

    With `serving`, an endpoint or block that does not fit the tables is only logged, so that the
    others can be served. Raises DeclarationError with all problems, in the order of the file.
    """
    parts = load_parts(path, serving=serving)
    if parts.problems or parts.declaration is None:
        raise DeclarationError(parts.problems)
    return parts.declaration, parts.document


def load_parts(path: Path, *, serving: bool = False) -> ValidParts:
    """Read as much of a declaration as is valid. Raises DeclarationError for YAML that is not."""
    document = read(path)
    reader = _DeclarationReader(document, path.parent, serving=serving)
    declaration = reader.declaration(document.data)
    problems = sorted(reader.problems, key=lambda problem: problem.position)
    return ValidParts(declaration, document, problems, frozenset(reader.broken))


class _DeclarationReader:
    """Builds the models of a document, and collects problems instead of stopping at the first."""

    def __init__(self, document: Document, base: Path, *, serving: bool) -> None:
        self.document = document
        self.base = base
        self.serving = serving
        self.problems: list[Problem] = []
        self.broken: set[str] = set()

    def add(self, trail: Trail, message: str, *, key: bool = False) -> None:
        """Add a problem of a part by itself."""
        if trail[:1] == ("tables",):
            self.broken.add(".".join(map(str, trail[1:3])))
        self.report(trail, message, key=key)

    def report(self, trail: Trail, message: str, *, key: bool = False) -> None:
        place = self.document.place(trail, key=key)
        self.problems.append(Problem(place, dotted(self.document.existing(trail)), message))

    def declaration(self, data: Mapping[str, Any]) -> Declaration | None:
        known = [
            *(set(Declaration.model_fields) - {"sections"}),
            *plugins.registered(plugins.SECTIONS),
        ]
        for key in data:
            if key not in known:
                self.add((key,), f"unknown key{did_you_mean(key, known)}", key=True)
        values: dict[str, Any] = {key: data[key] for key in ("name", "lake") if key in data}
        self.model((), Heading, values)
        if "layers" in data:
            values["layers"] = self.mapping(("layers",), data["layers"], plugins.LAYERS)
        if "engine" in data:
            values["engine"] = self.plugin(("engine",), plugins.ENGINES, data["engine"])
        if "sinks" in data:
            values["sinks"] = {
                label: self.sink(("sinks", label), label, item)
                for label, item in self.items(("sinks",), data["sinks"])
            }
        values |= {"export": self.exports(data["export"])} if "export" in data else {}
        values["tables"] = {
            layer: {
                name: self.table(("tables", layer, name), item)
                for name, item in self.items(("tables", layer), tables)
            }
            for layer, tables in self.items(("tables",), data.get("tables", {}))
        }
        values["sections"] = {
            key: self.plugin(
                (key,), plugins.SECTIONS, {"type": key, **dict(self.items((key,), data[key]))}
            )
            for key in plugins.registered(plugins.SECTIONS)
            if key in data
        }
        declaration = (
            valid_declaration(values) if self.problems else self.model((), Declaration, values)
        )
        if declaration is not None:
            self.add_faults(declaration)
        return declaration

    def add_faults(self, declaration: Declaration) -> None:
        """Add the faults between the parts, and, when there are none, between their locations."""
        for trail, message in faults(declaration, self.base):
            if self.serving and trail[0] in declaration.sections:
                _log.warning("%s: %s: %s", self.document.place(trail), dotted(trail), message)
            else:
                self.report(trail, message)
        if not self.problems:
            for trail, message in locations.faults(declaration, self.base):
                self.report(trail, message)

    def exports(self, items: object) -> list[Export | None]:
        if not isinstance(items, list):
            self.add(("export",), "must be a list of files")
            return []
        return [self.model(("export", number), Export, item) for number, item in enumerate(items)]

    def table(self, trail: Trail, item: object) -> Source | Table | None:
        fields = dict(self.items(trail, item))
        if "source" in fields:
            return self.source(trail, fields)
        if "from" not in fields:
            self.neither_source_nor_from(trail, fields)
            return None
        for key, group in (("steps", plugins.TRANSFORMS), ("expect", plugins.EXPECTATIONS)):
            if key not in fields:
                continue
            parts = fields[key]
            if not isinstance(parts, list):
                self.add((*trail, key), "must be a list")
                parts = []
            built = [
                self.plugin((*trail, key, position), group, part)
                for position, part in enumerate(parts)
            ]
            fields[key] = [part for part in built if part is not None]
        return cast("Table | None", self.model(trail, Table, fields))

    def source(self, trail: Trail, fields: dict[str, Any]) -> Source | None:
        for key in ("from", "steps", "expect"):
            if key in fields:
                self.add((*trail, key), _NOT_WITH_SOURCE.get(key, _STEPS_OF_FILES), key=True)
                del fields[key]
        parts = {"format": plugins.FORMATS}
        if isinstance(fields["source"], Mapping):
            parts["source"] = plugins.SOURCES
        for key, group in parts.items():
            if key in fields:
                fields[key] = self.plugin((*trail, key), group, fields[key])
        if fields["source"] is None:
            return None
        return cast("Source | None", self.model(trail, Source, fields))

    def neither_source_nor_from(self, trail: Trail, fields: Mapping[str, Any]) -> None:
        unknown = [key for key in fields if key not in (*known_keys(Source), *known_keys(Table))]
        hints = {key: did_you_mean(key, ("from", "source")) for key in unknown}
        mistyped = [key for key, hint in hints.items() if hint.endswith("?")]
        for key in mistyped:
            self.add((*trail, key), f"unknown key{hints[key]}", key=True)
        if not mistyped:
            self.add(trail, "needs `source` (files to read) or `from` (tables to read)", key=True)

    def sink(self, trail: Trail, label: str, item: object) -> SinkDeclaration | None:
        fields = dict(self.items(trail, item))
        tables = {
            name: self.model(
                (*trail, "tables", name),
                ServedTable,
                dict(self.items((*trail, "tables", name), served)),
            )
            for name, served in self.items((*trail, "tables"), fields.pop("tables", {}))
        }
        if "url" not in fields:
            self.add(
                trail,
                "needs `url`, such as sqlite:lake/serving.db or postgresql://host/database",
                key=True,
            )
            return None
        kind = fields.pop("type", None) or str(fields["url"]).partition(":")[0]
        if "label" in fields:
            self.add(
                (*trail, "label"),
                "unknown key; the label of a sink is its key under `sinks`",
                key=True,
            )
        sink = self.plugin(trail, plugins.SINKS, {"type": kind, **fields, "label": label})
        if sink is None:
            return None
        valid = {name: table for name, table in tables.items() if table is not None}
        return SinkDeclaration.model_validate({"sink": sink, "tables": valid})

    def mapping(self, trail: Trail, item: object, group: str) -> dict[str, Any]:
        return {
            name: self.plugin((*trail, name), group, value)
            for name, value in self.items(trail, item)
        }

    def items(self, trail: Trail, item: object) -> list[tuple[str, Any]]:
        if isinstance(item, Mapping):
            return list(item.items())
        if item is not None:
            self.add(trail, "must be a mapping")
        return []

    def plugin(self, trail: Trail, group: str, value: object) -> Plugin | None:
        """Build one plugin; the `on_fail` of an expectation may be written next to its name."""
        shared: dict[str, Any] = {}
        if group == plugins.EXPECTATIONS and isinstance(value, Mapping) and "on_fail" in value:
            shared = {"on_fail": value["on_fail"]}
            value = {key: item for key, item in value.items() if key != "on_fail"}
        try:
            name, body = plugins.split(value)
            inside = trail if isinstance(value, str) or "type" in value else (*trail, name)  # type: ignore[operator]
        except PluginError as error:
            self.add(trail, str(error))
            return None
        try:
            kind = plugins.find(group, name)
            fields = plugins.fields(kind, body)
        except PluginError as error:
            self.add(trail, str(error), key=True)
            return None
        short = (
            kind.value_field
            if kind.value_field in fields and fields[kind.value_field] is body
            else None
        )
        try:
            built: Plugin | None = self.model(
                inside, kind, {**fields, **shared}, outer=trail, shared=shared, short=short
            )
        except Exception as error:  # any error of a third party's validator is a problem here
            self.add(
                inside, f"{plugins.described(group, name)} failed: {type(error).__name__}: {error}"
            )
            return None
        return built

    def model(
        self,
        trail: Trail,
        kind: type[Any],
        values: Mapping[str, Any],
        *,
        outer: Trail = (),
        shared: Mapping[str, Any] | None = None,
        short: str | None = None,
    ) -> Any:
        """Validate one model, or add its problems and return None.

        `outer` is the path of the `shared` fields; `short` is the field that is written as the
        whole value.
        """
        try:
            return kind.model_validate(values)
        except ValidationError as error:
            by_place: dict[Trail, list[Mapping[str, Any]]] = {}
            for fault in error.errors(include_url=False):
                place: Trail = fault["loc"]
                if place and place[0] in (shared or {}):
                    where = (*outer, *place)
                else:
                    where = (*trail, *(place[1:] if short and place[:1] == (short,) else place))
                if fault["type"] not in ("extra_forbidden", "missing"):
                    where = self.document.existing(where)
                by_place.setdefault(where, []).append(fault)
            for where, faults in by_place.items():
                self.add(
                    where, message_of(faults, kind), key=faults[0]["type"] == "extra_forbidden"
                )
            return None
