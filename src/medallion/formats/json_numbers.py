"""Numbers of a JSON file that a DOUBLE would change: of more digits than it keeps, or beyond its range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal
from medallion.storage.local import told

if TYPE_CHECKING:
    from medallion.contracts import Connection

_CHUNK = 1 << 20  # characters
_BATCH = 10_000
# What may be such a number: after a bracket, colon or comma a fraction of many digits, or an exponent.
_SEEN = r"[\[:,][ \t\r\n]*-?(?:[0-9][0-9.]{15,}|[0-9.]+[eE])"
_NUMBER = r"[\[:,][ \t\r\n]*(-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"|-?[0-9][0-9.eE+-]*', re.DOTALL)


def has_inexact(objects: str, connection: Connection) -> bool:
    """Whether `objects`, SQL with a column `json`, hold a number with a fraction or exponent that a DOUBLE changes."""
    query = f"""
        select distinct number from (
            select unnest(regexp_extract_all(text, {literal(_NUMBER)}, 1)) as number
            from (select json::varchar as text from {objects}) where regexp_matches(text, {literal(_SEEN)}))
        where regexp_matches(number, '[.eE]') and try_cast(number as double)::varchar is distinct from number"""
    found = connection.execute(query)
    while rows := found.fetchmany(_BATCH):
        if not all(_exact(number) for (number,) in rows):
            return True
    return False


def quote_inexact(text: Path, copy: Path) -> int:
    """Copy a JSON text with such numbers as texts, which keep every digit: how many there are."""
    count = 0

    def quoted(token: str) -> str:
        nonlocal count
        if token[0] == '"' or not re.search("[.eE]", token) or _exact(token):
            return token
        count += 1
        return f'"{token}"'

    with told(copy), copy.open("w", encoding="utf-8", newline="") as out:
        for part, is_token in _parts(text):
            out.write(quoted(part) if is_token else part)
    return count


def _exact(number: str) -> bool:
    """Whether a DOUBLE, written as short as it may be, is the same number again."""
    try:
        value = float(number)
        return isfinite(value) and Decimal(repr(value)) == Decimal(number)
    except (InvalidOperation, ValueError):
        return False


def _parts(text: Path) -> Iterator[tuple[str, bool]]:
    """The text in pieces: texts and numbers whole, and what is between them."""
    rest = ""
    with text.open(encoding="utf-8", newline="") as file:
        while chunk := file.read(_CHUNK):
            rest += chunk
            done = 0
            for token in _TOKEN.finditer(rest):
                if token.end() == len(rest) or token.group() == '"':
                    break  # it may end in the next chunk
                yield rest[done : token.start()], False
                yield token.group(), True
                done = token.end()
            rest = rest[done:]
    yield rest, False  # a text of objects ends with a bracket
