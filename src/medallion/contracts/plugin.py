"""The base of all plugins: a plugin is its own configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Plugin(BaseModel):
    """Base of every plugin: its fields are its keys in YAML.

    `name` is its name in YAML, the same as its entry point's.
    `version` is part of the fingerprint of every table the plugin makes: raise it when the same
    input gives another output. `value_field` names the field that takes the whole value when the
    user does not write a mapping of fields: with `"where"`, `filter: amount > 0` means
    `filter: {where: amount > 0}`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    name: ClassVar[str]
    version: ClassVar[int] = 1
    value_field: ClassVar[str | None] = None

    def reads(self) -> tuple[str, ...]:
        """Full names of tables it reads in addition to its table's `from`."""
        return ()

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(path below the plugin, text) of each SQL expression or query among its fields."""
        yield from ()

    def identity(self) -> dict[str, Any]:
        """Its part of a fingerprint: name, version, fields; moving its code changes nothing."""
        return {
            "plugin": self.name,
            "version": self.version,
            "fields": self.model_dump(mode="json"),
        }

    def identity_files(self) -> tuple[Path, ...]:
        """The local files whose content is part of `identity`, if it depends on nothing else.

        A plugin with an `identity` of its own that names none has nothing in common between two
        runs: each loads the declaration, to ask for it again.
        """
        return ()
