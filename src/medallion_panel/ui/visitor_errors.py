"""Errors as visitors read them: what is wrong with what they asked, and nothing of the server's folders and hosts."""

from __future__ import annotations

import re

from medallion.errors import CallError, MedallionError
from medallion.secrets import masked_logger

_log = masked_logger(__name__)

_UNPUBLISHED = "nothing was published yet"
_PLACE = re.compile(r"(?<![\w/])(?:[a-z][\w+.-]*:(?=/))?/(?:[^\s/'\"]*/)*([^\s/:'\"]+)")


def visitor_text(error: MedallionError) -> str:
    """What a visitor reads of an error. What concerns the server alone goes to its log."""
    if isinstance(error, CallError):
        return f"{without_places(error.message)}. {without_places(error.hint)}".rstrip(". ") + "."
    if _UNPUBLISHED in error.message:
        return "Nothing was published yet. What to do: medallion run."
    _log.warning("a visitor was shown that the data cannot be read: %s", error)
    return "The data cannot be read now; the server's log says why."


def without_places(text: str) -> str:
    """A text in which absolute paths and URLs are cut to their last name."""
    return _PLACE.sub(r"\1", text)
