"""Columns at fixed positions, found by the blanks that all lines of a text have there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal

if TYPE_CHECKING:
    from medallion.contracts import Relation

FEWEST_LINES = 5  # in fewer lines, blanks may be at equal positions by chance
LONGEST_LINE = 9999
NUMERIC = 0.7  # the share of values with a digit, above which a column has a header without one
_DELIMITERS = tuple(",;|")
# Words with a comma that separates no fields: `12,50`, `1,234.50`, and the first of `Smith, Ann`.
_NUMBER = r"[^0-9, ]*([0-9][0-9.']*,[0-9]+|[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?)[^0-9, ]*"
_PROSE = rf"(^| )({_NUMBER}|[^, ]*[^0-9, ],)( |$)"

Span = tuple[int, int]  # the first position of a field, from 0, and the one after its last


def fixed_width_columns(lines: Relation) -> Mapping[str, Any] | None:
    """The settings `columns`, `length` and `skip` for lines, a relation with the column `line`.

    Fields that touch in some line are one column. None for fewer than two columns, for few lines,
    and for text with delimiters.
    """
    fields = _fields(lines)
    if len(fields) < 2 or lines.count("*").fetchall()[0][0] < FEWEST_LINES:
        return None
    names, skip = _header(lines, fields)
    records = lines.limit(2**62, offset=skip)
    if _is_delimited(lines) or _is_aligned(records, fields):
        return None
    shortest, longest = _numbers(lines, "min(length(line))", "max(length(line))")
    is_fixed = shortest == longest
    spans = _without_gaps(records, fields, longest if is_fixed else LONGEST_LINE)
    columns = {
        name: f"{first + 1}-{last}" if last > first + 1 else str(last)
        for name, (first, last) in zip(names, spans, strict=True)
    }
    settings = {"length": longest if is_fixed else 0, "skip": skip}
    return {"columns": columns, **{name: value for name, value in settings.items() if value}}


def _fields(lines: Relation) -> Sequence[Span]:
    """The positions between those at which all lines have a blank; none for lines with tabs."""
    has_tabs, longest = _numbers(lines, "bool_or(contains(line, chr(9)))", "max(length(line))")
    if has_tabs or not 0 < longest <= LONGEST_LINE:
        return ()
    shape = "replace(regexp_replace(line, '[^ ]', '1', 'g'), ' ', '0')::bit"
    filled = 0
    # Those of one length at once: most lines of a text may have shapes of their own.
    shapes = lines.filter("line <> ''").aggregate(f"bit_or({shape})", "length(line)")
    for (bits,) in shapes.fetchall():
        filled |= int(bits[::-1], 2)
    return [match.span() for match in re.finditer("1+", f"{filled:b}"[::-1])]


def _header(lines: Relation, fields: Sequence[Span]) -> tuple[Sequence[str], int]:
    """The names of columns, and the number of lines above the records."""
    first, second = (line for (line,) in lines.limit(2).fetchall())
    names = [first[begin:end].strip() for begin, end in fields]
    digits = (f"avg(regexp_matches({_value(span)}, '[0-9]')::int) >= {NUMERIC}" for span in fields)
    numeric = _numbers(lines.limit(2**62, offset=1), *digits)
    is_header = all(names) and len({name.casefold() for name in names}) == len(names)
    if not is_header or re.search("[0-9]", first) or not any(numeric):
        return [f"column_{number}" for number in range(1, len(fields) + 1)], 0
    return names, 2 if re.fullmatch("[-= ]+", second) else 1


def _is_delimited(lines: Relation) -> bool:
    """Whether all lines have a delimiter equally often, and not only within words."""
    plain = "regexp_replace(line, '\"[^\"]*\"', 'x', 'g')"
    # Each word has blanks of its own, so that the next one is found, too.
    words = f"regexp_replace(replace({plain}, ' ', '  '), {literal(_PROSE)}, ' ', 'g')"
    separates = (
        f"min({_count(plain, mark)}) = max({_count(plain, mark)}) "
        f"and bool_or(contains({words}, {literal(mark)}))"
        for mark in _DELIMITERS
    )
    return any(_numbers(lines.filter("trim(line) <> ''"), *separates))


def _count(text: str, mark: str) -> str:
    return f"length({text}) - length(replace({text}, {literal(mark)}, ''))"


def _is_aligned(records: Relation, fields: Sequence[Span]) -> bool:
    """Whether the values of a column all end in one delimiter, as in aligned CSV."""
    ends = [f"right(rtrim({_value(span)}), 1)" for span in fields]
    delimiters = ", ".join(map(literal, _DELIMITERS))
    same = (f"min({end}) = max({end}) and min({end}) in ({delimiters})" for end in ends)
    return any(_numbers(records, *same))


def _without_gaps(records: Relation, fields: Sequence[Span], end: int) -> Sequence[Span]:
    """The fields with the blanks between them, so that a wider value is cut by no column.

    The blanks belong to the field on their left, unless the one on their right is aligned right.
    """
    aligned = _numbers(records, *map(_is_right_aligned, fields))
    cuts = [0]
    for (_, before), (after, _), is_right in zip(fields, fields[1:], aligned[1:], strict=False):
        cuts.append(before if is_right else after)
    return list(zip(cuts, [*cuts[1:], end], strict=True))


def _is_right_aligned(span: Span) -> str:
    first, last = span
    values = f"filter (where trim({_value(span)}) <> '')"
    begin, end = _value((first, first + 1)), _value((last - 1, last))
    return f"bool_and({end} <> ' ') {values} and not bool_and({begin} <> ' ') {values}"


def _value(span: Span) -> str:
    first, last = span
    return f"substring(line, {first + 1}, {last - first})"


def _numbers(lines: Relation, *aggregates: str) -> Sequence[int]:
    (row,) = lines.aggregate(", ".join(aggregates)).fetchall()
    return [int(value or 0) for value in row]
