"""The JSON Schema of medallion.yaml, for editors: all models and every registered plugin."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from medallion import plugins
from medallion.contracts import Plugin
from medallion.declaration.exports import Export
from medallion.declaration.models import Declaration, ServedTable, Source, Table

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"  # what yaml-language-server reads
TEXTS: Json = {"type": "array", "items": {"type": "string"}}
TEXT_OR_TEXTS: Json = {"anyOf": [{"type": "string"}, TEXTS]}


def schema() -> Json:
    """The schema as one document. Plugins that cannot be imported accept any fields."""
    return _Schema().document()


def shape(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A JSON Schema as a short phrase: `text`, `list of text`, `mapping of text to number`."""
    if "$ref" in schema:
        return shape(definitions.get(schema["$ref"].rpartition("/")[2], {}), definitions)
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(shape(part, definitions) for part in schema[key]))
    kind = schema.get("type")
    if kind == "array":
        parts = schema.get("prefixItems")
        if parts:
            return f"[{', '.join(shape(part, definitions) for part in parts)}]"
        return f"list of {shape(schema.get('items', {}), definitions)}"
    if kind == "object" and "properties" not in schema:
        values = schema.get("additionalProperties")
        return (
            f"mapping to {shape(values, definitions)}"
            if isinstance(values, dict) and values
            else "mapping"
        )
    return {"string": "text", "object": "mapping"}.get(str(kind), str(kind or "anything"))


class _Schema:
    """Builds the document from the JSON Schemas of all models."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[str, type[Plugin] | None]] = {
            group: {name: _plugin(group, name) for name in sorted(plugins.registered(group))}
            for group in plugins.GROUPS
        }
        classes = {kind for kinds in self.kinds.values() for kind in kinds.values() if kind}
        models: set[type[BaseModel]] = {*classes, Source, Table, ServedTable, Export, Declaration}
        ordered = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
        self.references, schemas = models_json_schema(
            [(model, "validation") for model in ordered], by_alias=True
        )
        self.definitions: Json = schemas["$defs"]

    def document(self) -> Json:
        declared = self.of(Declaration)
        layers = self.named(plugins.LAYERS, typed=True)
        tables = {"anyOf": [self.source(), self.table()]}
        properties: Json = {
            "name": declared["properties"]["name"],
            "lake": {
                **declared["properties"]["lake"],
                "description": "A folder or a URL such as s3://bucket/shop.",
            },
            "layers": {
                "type": "object",
                "description": "The layers in order, each with its plugin; "
                "data only moves forward.",
                "additionalProperties": layers,
            },
            "tables": {
                "type": "object",
                "description": "The tables of each layer.",
                "additionalProperties": {"type": "object", "additionalProperties": tables},
            },
            "sinks": {"type": "object", "additionalProperties": self.sink()},
            "engine": self.named(plugins.ENGINES, typed=True),
            "export": {"type": "array", "items": {"anyOf": [{"type": "string"}, self.of(Export)]}},
        }
        properties |= {name: self.body(kind) for name, kind in self.kinds[plugins.SECTIONS].items()}
        written_out = ("Declaration", "Source", "Table", "ServedTable", "SinkDeclaration")
        return {
            "$schema": DIALECT,
            "title": "medallion.yaml",
            "type": "object",
            "properties": _draft7(properties),
            "required": ["name", "tables"],
            "additionalProperties": False,
            "definitions": {
                name: _draft7(item)
                for name, item in self.definitions.items()
                if name not in written_out
            },
        }

    def of(self, model: type[BaseModel]) -> Json:
        """A model's definition."""
        reference: str = self.references[(model, "validation")]["$ref"]
        definition: Json = self.definitions[reference.rpartition("/")[2]]
        return definition

    def source(self) -> Json:
        model = self.of(Source)
        properties = {
            **model["properties"],
            "source": {"anyOf": [*TEXT_OR_TEXTS["anyOf"], self.named(plugins.SOURCES)]},
            "format": self.named(plugins.FORMATS, typed=True),
        }
        return {**model, "properties": properties}

    def table(self) -> Json:
        model = self.of(Table)
        aliases = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
        properties = {
            **model["properties"],
            "from": {
                "anyOf": [*TEXT_OR_TEXTS["anyOf"], aliases],
                "description": "Full names of the tables it reads.",
            },
            "steps": {"type": "array", "items": self.named(plugins.TRANSFORMS)},
            "expect": {
                "type": "array",
                "items": self.named(plugins.EXPECTATIONS, shared=("on_fail",)),
            },
        }
        return {**model, "properties": properties}

    def sink(self) -> Json:
        kinds = self.kinds[plugins.SINKS]
        served = {
            **self.of(ServedTable),
            "properties": {
                "key": {**TEXT_OR_TEXTS, "description": "The columns that identify a row."},
                "indexes": {
                    "type": "array",
                    "items": TEXT_OR_TEXTS,
                    "description": "A column, `-column` to descend, or a list of them.",
                },
            },
        }
        own: Json = {}
        for kind in kinds.values():
            own |= self.of(kind)["properties"] if kind else {}
        properties = {
            **{name: item for name, item in own.items() if name != "label"},
            "url": {
                "type": "string",
                "description": "sqlite:lake/serving.db, postgresql://host/database, …",
            },
            "type": {
                "enum": list(kinds),
                "description": "The plugin; by default the URL's scheme.",
            },
            "tables": {"type": "object", "additionalProperties": served},
        }
        closed = all(kinds.values())
        return {
            "type": "object",
            "properties": properties,
            "required": ["url"],
            "additionalProperties": not closed,
        }

    def named(self, group: str, *, typed: bool = False, shared: Iterable[str] = ()) -> Json:
        """A plugin of a group: its bare name, or a mapping of one name to its settings.

        With `typed` also `{type: name, …}`; `shared` are fields that may be written next to the
        name.
        """
        kinds = self.kinds[group]
        settings: Json = {name: self.body(kind) for name, kind in kinds.items()}
        fields: Json = {}
        for kind in kinds.values():
            fields |= {key: self.of(kind)["properties"][key] for key in shared} if kind else {}
        mapping = {
            "type": "object",
            "properties": {**settings, **fields},
            "oneOf": [{"required": [name]} for name in kinds],
            "additionalProperties": False,
        }
        bare = [
            name
            for name, kind in kinds.items()
            if kind is None or not self.of(kind).get("required")
        ]
        choices: list[Json] = [{"enum": bare}] if bare else []
        if typed:
            choices += [self.typed(name, kind) for name, kind in kinds.items()]
        return {"anyOf": [*choices, mapping]}

    def typed(self, name: str, kind: type[Plugin] | None) -> Json:
        """A plugin as `{type: name, …}`."""
        model: Json = self.of(kind) if kind else {"additionalProperties": True}
        properties = {**model.get("properties", {}), "type": {"const": name}}
        return {
            **model,
            "type": "object",
            "properties": properties,
            "required": [*model.get("required", ()), "type"],
        }

    def body(self, kind: type[Plugin] | None) -> Json:
        """What may follow a plugin's name: its fields, or the value of its `value_field`."""
        if kind is None:
            return {}
        model = self.of(kind)
        choices: list[Json] = [self.references[(kind, "validation")]]
        if kind.value_field:
            info = kind.model_fields.get(kind.value_field)  # None when it is named by its alias
            choices.append(model["properties"][(info and info.alias) or kind.value_field])
        if not model.get("required"):
            choices.append({"type": "null"})
        doc = inspect.getdoc(kind) or ""
        return {
            "description": doc.partition("\n\n")[0],
            "markdownDescription": doc,
            "anyOf": choices,
        }


def _plugin(group: str, name: str) -> type[Plugin] | None:
    """The class of a plugin; None when it cannot be imported or has no JSON Schema."""
    try:
        kind = plugins.find(group, name)
        kind.model_json_schema()
    except Exception:  # any error of a third party's class must not break the whole schema
        return None
    return kind


def _draft7(item: Any) -> Any:
    """A schema in draft 7: definitions under `definitions`, tuples as a list of `items`."""
    if isinstance(item, list):
        return [_draft7(part) for part in item]
    if not isinstance(item, dict):
        return item
    if item.get("type") == "array" and "prefixItems" in item:
        rest = {key: value for key, value in item.items() if key != "prefixItems"}
        return {**_draft7(rest), "items": _draft7(item["prefixItems"]), "additionalItems": False}
    return {
        key: value.replace("#/$defs/", "#/definitions/") if key == "$ref" else _draft7(value)
        for key, value in item.items()
    }
