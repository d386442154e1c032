"""Numbers of a JSON file that a DOUBLE would change: too many digits, or out of its range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection

_CHUNK = 1 << 20  # characters
_BATCH = 10_000
# A cheap filter: after a bracket, colon or comma a number of 16 or more characters, or an exponent.
_CANDIDATE = r"[\[:,][ \t\r\n]*-?(?:[0-9][0-9.]{15,}|[0-9.]+[eE])"
_NUMBER = r"[\[:,][ \t\r\n]*(-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"|-?[0-9][0-9.eE+-]*', re.DOTALL)


def has_inexact(objects: str, connection: Connection) -> bool:
    """Whether a number with a fraction or exponent in `objects` is changed by a DOUBLE.

    `objects` is SQL of a relation with the column `json`.
    """
    query = f"""
        select distinct number from (
            select unnest(regexp_extract_all(text, {literal(_NUMBER)}, 1)) as number
            from (select json::varchar as text from {objects})
            where regexp_matches(text, {literal(_CANDIDATE)})
        )
        where regexp_matches(number, '[.eE]')
            and try_cast(number as double)::varchar is distinct from number"""
    result = connection.execute(query)
    while rows := result.fetchmany(_BATCH):
        if not all(_exact(number) for (number,) in rows):
            return True
    return False


def quote_inexact(text: Path, copy: Path) -> int:
    """Copy a JSON text with such numbers as strings, which keep every digit; their number."""
    count = 0

    def quoted(token: str) -> str:
        nonlocal count
        if token[0] == '"' or not re.search("[.eE]", token) or _exact(token):
            return token
        count += 1
        return f'"{token}"'

    with storage_errors(copy), copy.open("w", encoding="utf-8", newline="") as out:
        for part, is_token in _parts(text):
            out.write(quoted(part) if is_token else part)
    return count


def _exact(number: str) -> bool:
    """Whether the shortest text of the DOUBLE is the same number."""
    try:
        value = float(number)
        return isfinite(value) and Decimal(repr(value)) == Decimal(number)
    except (InvalidOperation, ValueError):
        return False


def _parts(text: Path) -> Iterator[tuple[str, bool]]:
    """The text in parts: strings and numbers (True), and the text between them (False)."""
    rest = ""
    with text.open(encoding="utf-8", newline="") as file:
        while chunk := file.read(_CHUNK):
            rest += chunk
            position = 0
            for token in _TOKEN.finditer(rest):
                if token.end() == len(rest) or token.group() == '"':
                    break  # it may continue in the next chunk
                yield rest[position : token.start()], False
                yield token.group(), True
                position = token.end()
            rest = rest[position:]
    yield rest, False  # the text ends with a bracket, which is no token
