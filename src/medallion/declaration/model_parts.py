"""What the models of a declaration are made of: names, texts, and plugins as in YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from medallion import plugins

_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"


def _named(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(
            f"{name!r} is not a valid name; write letters, digits and '_', a letter first"
        )
    return name


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it has a NUL character, which databases cannot store; remove it")
    return text


Name = Annotated[
    str, AfterValidator(_named), Field(max_length=60, json_schema_extra={"pattern": _NAME})
]
Pattern = Annotated[str, Field(min_length=1)]
Text = Annotated[str, AfterValidator(_storable)]


def plugin_of(group: str) -> BeforeValidator:
    """Accept `"trim"` and `{"cast": {…}}` in Python as in YAML, as well as plugin objects."""

    def build(value: object) -> object:
        shared: dict[str, Any] = {}
        if group == plugins.EXPECTATIONS and isinstance(value, Mapping) and "on_fail" in value:
            shared["on_fail"] = value["on_fail"]
            value = {key: item for key, item in value.items() if key != "on_fail"}
        return plugins.build(group, value, **shared)

    return BeforeValidator(build)


def built_source(value: object) -> object:
    """Accept `{"sql": {…}}` in Python as in YAML, as well as patterns and source objects."""
    return plugins.build(plugins.SOURCES, value) if isinstance(value, Mapping) else value
