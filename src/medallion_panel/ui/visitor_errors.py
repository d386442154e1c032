"""Error messages for visitors: what is wrong with their request, without paths and hosts."""

from __future__ import annotations

import re

from medallion.errors import CallError, MedallionError
from medallion.secrets import masked_logger
from medallion_panel.messages.messages import Messages

_log = masked_logger(__name__)

_UNPUBLISHED = "published yet"  # of the errors of every store
_PATH = re.compile(r"(?<![\w/])(?:[a-z][\w+.-]*:(?=/))?/(?:[^\s/'\"]*/)*([^\s/:'\"]+)")


def visitor_text(error: MedallionError, say: Messages) -> str:
    """The message of an error for visitors; details of the server go to its log only.

    What a request did wrong is in English where the store says it.
    """
    if isinstance(error, CallError):
        return f"{without_paths(error.message)}. {without_paths(error.hint)}".rstrip(". ") + "."
    if _UNPUBLISHED in error.message:
        return say("Nothing has been published yet. Run `medallion run` first.")
    _log.warning("cannot read the data for a visitor: %s", error)
    return say("The data cannot be read at the moment; see the server's log.")


def without_paths(text: str) -> str:
    """A text with absolute paths and URLs reduced to their last part."""
    return _PATH.sub(r"\1", text)
