"""The declaration: the models that `medallion.yaml` is one way to write.

Declaration(
    name="shop",
    tables={
        "bronze": {"clients": Source(source="data/clients.csv")},
        "silver": {"clients": Table(from_="bronze.clients", steps=[Trim()])},
    },
)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    field_validator,
    model_validator,
)

from medallion import plugins
from medallion.contracts import DataSource, Engine, Expectation, Format, Layer, Sink, Transform
from medallion.declaration.added_columns import AddedColumns, Aliases
from medallion.declaration.exports import Export
from medallion.declaration.model_parts import (
    Name,
    Pattern,
    Text,
    built_source,
    plugin_of,
)
from medallion.identifiers import TableName
from medallion.records import Mode, TableDescription
from medallion.secrets import mask

SchemaPolicy = Literal["evolve", "freeze", "discard"]


class DeclarationModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(DeclarationModel):
    """A bronze table: source files, kept unchanged.

    `source` is a path or URL, with `*` and `**`, relative to the declaration, or a list of them;
    files that `exclude` matches are left out. Or it is a source that is pulled into files, such as
    `sql`: then `exclude`, `missing`, `unreadable` and `format` do not apply. `missing` decides what
    happens when no file matches any of them: `fail`, or `allow`, which makes a table without rows;
    `unreadable`, when a file cannot be read at all: `fail`, or `quarantine`, which rejects the file
    as one record. `format` is by default chosen by the files' suffixes. `schema` decides what
    happens when columns of files differ: `evolve` (new columns are added, missing ones are null),
    `discard` (new columns are ignored) or `freeze` (the run fails). `columns` are the expected
    columns; by default those of the last release, or else of the first file. `aliases` lists, by
    column, other names that it has in some files. `add` adds columns with facts about the file: its
    `path` or `name`, the time it was `modified`, the number of each `record`, or a folder:
    `folder(year)` is the value of a folder `year=2024`, `folder(1)` the name of the folder that
    contains the file. `description` says what a row is, and `column_descriptions`, by column, what
    a value means.
    """

    source: Annotated[
        Pattern | Annotated[tuple[Pattern, ...], Field(min_length=1)] | SerializeAsAny[DataSource],
        BeforeValidator(built_source),
    ]
    exclude: tuple[Pattern, ...] = ()
    missing: Literal["fail", "allow"] = "fail"
    unreadable: Literal["fail", "quarantine"] = "fail"
    format: Annotated[SerializeAsAny[Format], plugin_of(plugins.FORMATS)] | None = None
    schema_policy: SchemaPolicy = Field(default="evolve", alias="schema")
    columns: tuple[str, ...] = ()
    aliases: Aliases = {}
    add: AddedColumns = {}
    description: Text = ""
    column_descriptions: dict[str, Text] = {}

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of its files; none when it is pulled."""
        if isinstance(self.source, DataSource):
            return ()
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def pulled(self) -> DataSource | None:
        """The source that it is pulled from, if it is not files."""
        return self.source if isinstance(self.source, DataSource) else None

    @property
    def shown(self) -> str:
        """Its patterns as one text, or the name of its source, for people."""
        return mask(self.pulled.label if self.pulled else ", ".join(self.patterns))

    @field_validator("exclude", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _excluded(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_without_files(self) -> Self:
        if self.missing == "allow" and not self.columns:
            raise ValueError("`missing: allow` needs `columns`, those of a table without files")
        return self

    @model_validator(mode="after")
    def _keys_of_files(self) -> Self:
        folders = [name for name, what in self.add.items() if what not in ("path", "record")]
        for key in ("exclude", "missing", "unreadable", "format"):
            if self.pulled and key in self.model_fields_set:
                raise ValueError(f"`{key}` is for source files, not for {self.pulled.name!r}")
        if self.pulled and folders:
            raise ValueError(
                f"`add: {folders[0]}` is a fact about source files; {self.pulled.name!r} has "
                "`path` and `record`"
            )
        return self


class Table(DeclarationModel):
    """A table computed from others.

    `steps` apply to the rows of the first table of `from`, then `expect` to the result.

    `from` is a full table name (`silver.purchases`), a list of them, or a mapping of alias to full
    name. SQL that depends on the time or on chance, such as `current_date` or `random()`, is
    refused unless `deterministic` is false: its values are then those of the run that computed
    them, and `run --full` computes them again. `description` says what a row is, and
    `column_descriptions`, by column, what a value means.
    """

    from_: dict[str, str] = Field(alias="from", min_length=1)
    steps: tuple[Annotated[SerializeAsAny[Transform], plugin_of(plugins.TRANSFORMS)], ...] = ()
    expect: tuple[Annotated[SerializeAsAny[Expectation], plugin_of(plugins.EXPECTATIONS)], ...] = ()
    deterministic: bool = True
    description: Text = ""
    column_descriptions: dict[str, Text] = {}

    @field_validator("from_", mode="before")
    @classmethod
    def _aliases(cls, value: object) -> object:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple):
            return value
        aliases = [str(name).rpartition(".")[2] for name in names]
        folded = [alias.lower() for alias in aliases]
        for alias in aliases:
            if folded.count(alias.lower()) > 1:
                raise ValueError(
                    f"two tables have the alias {alias!r}; write a mapping of alias to full name"
                )
        return dict(zip(aliases, names, strict=True))

    @property
    def main(self) -> str:
        """The full name of the table whose rows its steps apply to."""
        return next(iter(self.from_.values()))

    def reads(self) -> dict[str, str]:
        """Every table it reads by alias; those that only steps or rules name by full name."""
        extra = [name for part in (*self.steps, *self.expect) for name in part.reads()]
        return {**self.from_, **{name: name for name in extra if name not in self.from_.values()}}


class ServedTable(DeclarationModel):
    """How a sink serves one table.

    `key` lists the columns that identify a row; `indexes` are columns, `-column` for descending, or
    lists of them. `mode` decides about the rows that are served already: `replace` removes them,
    `append` keeps them unchanged and adds rows with new keys, `merge` adds rows with new keys and
    replaces those with known keys.
    """

    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    mode: Mode = "replace"

    def columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every column it names, each with its path."""
        yield from ((("key", number), name) for number, name in enumerate(self.key))
        for number, index in enumerate(self.indexes):
            yield from (
                (("indexes", number, place), name.removeprefix("-"))
                for place, name in enumerate(index)
            )

    @field_validator("key", mode="before")
    @classmethod
    def _key(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("indexes", mode="before")
    @classmethod
    def _indexes(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            return tuple((item,) if isinstance(item, str) else item for item in value)
        return value


class SinkDeclaration(DeclarationModel):
    """One serving database, for all tables of the last layer; `tables` adds keys and indexes."""

    sink: SerializeAsAny[Sink]
    tables: dict[Name, ServedTable] = {}


def _default_layers() -> dict[str, Any]:
    return {"bronze": "raw", "silver": "parquet", "gold": "parquet"}


def _default_sinks() -> dict[str, Any]:
    return {"serving": {"url": os.environ.get("MEDALLION_STORE", "sqlite:lake/serving.db")}}


def _default_engine() -> str:
    return os.environ.get("MEDALLION_ENGINE", "duckdb")


class Heading(DeclarationModel):
    """The pipeline's name and lake."""

    name: Name
    lake: str = Field(default="lake", min_length=1)


class Declaration(Heading):
    """One pipeline. `sections` holds the keys that other packages own (`api`, `dashboard`)."""

    layers: dict[Name, Annotated[SerializeAsAny[Layer], plugin_of(plugins.LAYERS)]] = Field(
        default_factory=_default_layers, validate_default=True, min_length=1
    )
    tables: dict[str, dict[Name, Source | Table]]
    sinks: dict[Name, SinkDeclaration] = Field(
        default_factory=_default_sinks, validate_default=True
    )
    engine: Annotated[SerializeAsAny[Engine], plugin_of(plugins.ENGINES)] = Field(
        default_factory=_default_engine, validate_default=True
    )
    export: tuple[Export, ...] = ()
    sections: dict[str, Any] = {}

    @field_validator("sinks", mode="before")
    @classmethod
    def _sinks(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {label: sink_declaration(label, item) for label, item in value.items()}

    def table(self, name: str) -> Source | Table:
        """The declaration of a table by its full name. Raises KeyError."""
        layer, plain = TableName(name).layer, TableName(name).table
        return self.tables[layer][plain]

    def names(self) -> list[str]:
        """Full names of all tables, in the order of layers and then as written."""
        return [f"{layer}.{name}" for layer in self.layers for name in self.tables.get(layer, {})]

    def served(self) -> list[str]:
        """Full names of the tables that sinks load: those of the last layer."""
        last = list(self.layers)[-1]
        return [f"{last}.{name}" for name in self.tables.get(last, {})]

    def descriptions(self) -> dict[str, TableDescription]:
        """The descriptions of the tables that have one, by full name."""
        tables = {name: self.table(name) for name in self.names()}
        return {
            name: TableDescription(text=table.description, columns=table.column_descriptions)
            for name, table in tables.items()
            if table.description or table.column_descriptions
        }


def sink_declaration(label: str, value: object) -> object:
    """The SinkDeclaration of `{url: …, tables: …}`; the URL's scheme names the plugin."""
    if not isinstance(value, Mapping) or "sink" in value:
        return value
    body = {key: item for key, item in value.items() if key != "tables"}
    kind = body.pop("type", None) or str(body.get("url", "")).partition(":")[0]
    sink = plugins.build(plugins.SINKS, {"type": kind, **body}, label=label)
    return SinkDeclaration.model_validate({"sink": sink, "tables": value.get("tables") or {}})
