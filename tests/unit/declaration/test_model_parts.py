"""Names, texts and plugins, as models take them."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from medallion import plugins
from medallion.contracts import Format
from medallion.declaration.model_parts import (
    Name,
    Text,
    built_source,
    plugin_of,
)
from medallion.sources.sql.source import SqlSource


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    text: Text = ""
    format: Annotated[Format, plugin_of(plugins.FORMATS)] | None = None


def test_a_plugin_is_written_as_in_yaml() -> None:
    part = Part.model_validate({"name": "a", "format": {"csv": {"delimiter": ";"}}})
    assert part.format is not None
    assert part.format.model_dump()["delimiter"] == ";"
    assert Part(name="a", format=part.format).format is part.format


def test_only_a_mapping_is_a_source_to_build() -> None:
    source = SqlSource(url="sqlite:shop.db", table="orders")
    assert built_source({"sql": {"url": "sqlite:shop.db", "table": "orders"}}) == source
    assert built_source(source) is source
    assert built_source("data/*.csv") == "data/*.csv"


@pytest.mark.parametrize("fields", [{"name": "1a"}, {"name": "a", "text": "\0"}, {"nam": "a"}])
def test_wrong_parts_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Part.model_validate(fields)
