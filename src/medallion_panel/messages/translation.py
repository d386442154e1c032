"""One message of the interface in the languages next to English, which is its key."""

from __future__ import annotations

from typing import NamedTuple


class Translation(NamedTuple):
    """A message in French, German and Spanish, with the placeholders of the English one.

    A message with a plural is `{count} row | {count} rows`, in every language.
    """

    fr: str
    de: str
    es: str
