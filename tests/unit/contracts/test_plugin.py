"""A plugin is its own configuration: its keys, its fingerprint, and what it refuses."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from medallion.contracts import Plugin


class Shorten(Plugin):
    name: ClassVar[str] = "shorten"
    version: ClassVar[int] = 3

    to: int = 10
    with_: str = Field(default="…", alias="with")


def test_a_plugin_reads_no_other_table_unless_it_says_so() -> None:
    assert Shorten().reads() == ()
    assert (Plugin.version, Plugin.value_field) == (1, None)


def test_its_fingerprint_has_name_version_and_fields() -> None:
    fields = {"to": 5, "with_": "…"}
    assert Shorten(to=5).identity() == {"plugin": "shorten", "version": 3, "fields": fields}


def test_a_field_is_given_by_its_name_or_its_key() -> None:
    assert Shorten.model_validate({"with": "-"}) == Shorten(with_="-")


def test_an_unknown_key_and_a_change_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Shorten.model_validate({"too": 5})
    with pytest.raises(ValidationError, match="frozen"):
        Shorten().to = 5  # type: ignore[misc]


def test_an_error_does_not_show_the_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Shorten.model_validate({"to": "s3cret"})
    assert "s3cret" not in str(caught.value)
