"""A package's own key of the declaration."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import ValidationError

from medallion.contracts import Section


class Notes(Section):
    """A section with one setting."""

    name: ClassVar[str] = "notes"

    title: str = ""


def test_a_section_contradicts_nothing_by_default() -> None:
    assert list(Notes(title="x").faults(declaration=None)) == []


def test_its_fields_are_checked_as_those_of_any_plugin() -> None:
    with pytest.raises(ValidationError, match="titel"):
        Notes.model_validate({"titel": "x"})
