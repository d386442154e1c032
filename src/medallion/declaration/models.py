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
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    field_validator,
)

from medallion import plugins
from medallion.contracts import Engine, Expectation, Format, Layer, Sink, Transform
from medallion.declaration.added_columns import AddedColumns, Aliases
from medallion.identifiers import TableName
from medallion.records import Mode

_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"


def _named(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(f"{name!r} is no name: write letters, digits and '_', a letter first")
    return name


Name = Annotated[
    str, AfterValidator(_named), Field(max_length=60, json_schema_extra={"pattern": _NAME})
]
SchemaPolicy = Literal["evolve", "freeze", "discard"]


def _plugin(group: str) -> BeforeValidator:
    """Let Python users write `"trim"` or `{"cast": {…}}` as in YAML, besides plugins themselves."""

    def build(value: object) -> object:
        shared: dict[str, Any] = {}
        if group == plugins.EXPECTATIONS and isinstance(value, Mapping) and "on_fail" in value:
            shared["on_fail"] = value["on_fail"]
            value = {key: item for key, item in value.items() if key != "on_fail"}
        return plugins.build(group, value, **shared)

    return BeforeValidator(build)


class DeclarationModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(DeclarationModel):
    """A bronze table: files taken in as they are.

    `source` is a path or URL, with `*` and `**`, relative to the declaration. `format` is chosen by the
    files' endings when left out. `schema` says what happens when files differ in columns: `evolve`
    (new columns join, missing ones are null), `discard` (new ones are ignored), `freeze` (the run fails).
    `columns` are the columns expected; by default those of the last release, or of the first file.
    `aliases` lists by column what it is called in some files instead. `add` makes columns of what is known of a file:
    its `path` or `name`, when it was `modified`, the number of each `record`, a folder: `folder(year)` is the value of
    a folder `year=2024`, `folder(1)` the name of the one that the file lies in.
    """

    source: str = Field(min_length=1)
    format: Annotated[SerializeAsAny[Format], _plugin(plugins.FORMATS)] | None = None
    schema_policy: SchemaPolicy = Field(default="evolve", alias="schema")
    columns: tuple[str, ...] = ()
    aliases: Aliases = {}
    add: AddedColumns = {}
    description: str = ""


class Table(DeclarationModel):
    """A table made of others: `steps` on the rows of the first of `from`, then `expect` on the result.

    `from` is a full table name (`silver.purchases`), a list of them, or a mapping of alias to full name.
    """

    from_: dict[str, str] = Field(alias="from", min_length=1)
    steps: tuple[Annotated[SerializeAsAny[Transform], _plugin(plugins.TRANSFORMS)], ...] = ()
    expect: tuple[Annotated[SerializeAsAny[Expectation], _plugin(plugins.EXPECTATIONS)], ...] = ()
    description: str = ""

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
                raise ValueError(f"two are called {alias!r}; write a mapping of alias to full name")
        return dict(zip(aliases, names, strict=True))

    def reads(self) -> dict[str, str]:
        """Every table it reads, alias → full name; those its steps and expectations name stand under that name."""
        extra = [name for part in (*self.steps, *self.expect) for name in part.reads()]
        return {**self.from_, **{name: name for name in extra if name not in self.from_.values()}}


class ServedTable(DeclarationModel):
    """How a sink serves one table: `key` tells its rows apart; `indexes` are columns, `-column` for
    descending, or lists of them. `mode` says what becomes of the rows that are served already: `replace`
    (they go), `append` (they stay as they are, rows with new keys join) or `merge` (rows with new keys
    join, those with known keys take the place of the former)."""

    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    mode: Mode = "replace"

    def columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every column it names, with where it stands."""
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
    """One serving database: every table of the last layer is loaded; `tables` adds keys and indexes."""

    sink: SerializeAsAny[Sink]
    tables: dict[Name, ServedTable] = {}


def _default_layers() -> dict[str, Any]:
    return {"bronze": "raw", "silver": "parquet", "gold": "parquet"}


def _default_sinks() -> dict[str, Any]:
    return {"serving": {"url": os.environ.get("MEDALLION_STORE", "sqlite:lake/serving.db")}}


def _default_engine() -> str:
    return os.environ.get("MEDALLION_ENGINE", "duckdb")


class Heading(DeclarationModel):
    """What a declaration says of the pipeline as such."""

    name: Name
    lake: str = Field(default="lake", min_length=1)


class Declaration(Heading):
    """One pipeline, whole. `sections` holds the keys that other packages own (`api`, `dashboard`)."""

    layers: dict[Name, Annotated[SerializeAsAny[Layer], _plugin(plugins.LAYERS)]] = Field(
        default_factory=_default_layers, validate_default=True, min_length=1
    )
    tables: dict[str, dict[Name, Source | Table]]
    sinks: dict[Name, SinkDeclaration] = Field(
        default_factory=_default_sinks, validate_default=True
    )
    engine: Annotated[SerializeAsAny[Engine], _plugin(plugins.ENGINES)] = Field(
        default_factory=_default_engine, validate_default=True
    )
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


def sink_declaration(label: str, value: object) -> object:
    """A sink as written (`{url: …, tables: …}`) as a SinkDeclaration; its URL's scheme names the plugin."""
    if not isinstance(value, Mapping) or "sink" in value:
        return value
    body = {key: item for key, item in value.items() if key != "tables"}
    kind = body.pop("type", None) or str(body.get("url", "")).partition(":")[0]
    sink = plugins.build(plugins.SINKS, {"type": kind, **body}, label=label)
    return SinkDeclaration.model_validate({"sink": sink, "tables": value.get("tables") or {}})
