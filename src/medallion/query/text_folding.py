"""Text without case and accents, for `search`: `muller` finds `Müller`, and `ÉCOLE` finds `école`.

Every letter folds to one letter or, when it is an accent of the one before, to none. So that a
database can search by a regular expression what Python searches by folding, and both find the same.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

_STROKES = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
}  # Unicode has no letter and accent for them
# Letters in a search: each becomes a class of some 80, and a MongoDB pattern has at most 32 kB.
LONGEST = 100
_PLANES = 0x20000  # beyond it, nothing has case or accents
_ACCENTS = r"\p{Mn}*"


def fold(text: str) -> str:
    """The text without case and accents."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def search_pattern(text: str) -> str:
    """A regular expression (PCRE, RE2) for texts that contain `text` when both are folded."""
    return _ACCENTS.join(map(_letters, fold(text)))


@cache
def _folded(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    plain = [part for part in parts if unicodedata.category(part) != "Mn"]
    if len(plain) > 1:  # such as a syllable of Hangul
        return letter
    if not plain:
        return ""
    lower = next(
        (form for form in (plain[0].casefold(), plain[0].lower()) if len(form) == 1), plain[0]
    )
    return _STROKES.get(lower, lower)


def letters_folded_to(letter: str) -> list[str]:
    """All letters that fold to this one."""
    return sorted({letter, *_unfolded().get(letter, ())})


@cache
def accents() -> list[tuple[str, str]]:
    """The characters that `fold` removes, as ranges with their first and last."""
    ranges: list[tuple[str, str]] = []
    for letter in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(letter) == "Mn":
            joins = ranges and ord(ranges[-1][1]) + 1 == ord(letter)
            ranges[-1:] = [(ranges[-1][0], letter)] if joins else [*ranges[-1:], (letter, letter)]
    return ranges


def _letters(letter: str) -> str:
    """The class of all letters that fold to this one."""
    letters = letters_folded_to(letter)
    listed = (one if one.isalnum() else f"\\x{{{ord(one):x}}}" for one in letters)
    return f"[{''.join(listed)}]"


@cache
def _unfolded() -> Mapping[str, list[str]]:
    letters: dict[str, list[str]] = defaultdict(list)
    for code in range(_PLANES):
        letter = chr(code)
        if unicodedata.decomposition(letter) or letter.casefold() != letter or letter in _STROKES:
            letters[_folded(letter)].append(letter)
    return letters
