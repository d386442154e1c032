"""The bits of `_origin`, which names the source record of a row; `_row` has the same ones.

A BIGINT: 8 bits for the bronze table, 21 for the file in its snapshot, 34 for the position in the
file. Within a partition, the file is counted from the partition's first one, without the table.
"""

from __future__ import annotations

from collections.abc import Sequence

TABLE_BITS, FILE_BITS = 55, 34
FILES, POSITIONS = 1 << (TABLE_BITS - FILE_BITS), 1 << FILE_BITS


def row_id(table: int, file: str, position: str) -> str:
    """SQL of the id of a record; `file` and `position` are SQL of BIGINTs."""
    return f"(({table}::bigint << {TABLE_BITS}) | ({file} << {FILE_BITS}) | {position})"


def table_of(origin: str) -> str:
    """SQL of the number of an origin's bronze table."""
    return f"({origin} >> {TABLE_BITS})"


def file_of(origin: str) -> str:
    """SQL of the number of an origin's file."""
    return f"(({origin} >> {FILE_BITS}) & {FILES - 1})"


def position_of(origin: str) -> str:
    """SQL of an origin's position in its file, from 0."""
    return f"({origin} & {POSITIONS - 1})"


def first_and_last(table: int, first: int, last: int) -> tuple[int, int]:
    """The least and the greatest id of the records of a range of files."""
    base = table << TABLE_BITS
    return base | (first << FILE_BITS), base | (last << FILE_BITS) | (POSITIONS - 1)


def within_table(table: int, numbers: Sequence[Sequence[int | None]]) -> str:
    """SQL of the id of a row of partitions in their table.

    `numbers` are those of the source files of each data file, in the order in which DuckDB numbers
    the data files of a query by `file_index`; the row has the id in its partition, `_origin`. The
    id is NULL for a row of a file whose number is None.
    """
    index = "file_index::bigint + 1" if len(numbers) > 1 else "1"
    # What is added to the numbers of files that follow one another is the same for all of them.
    bases = [
        (table << TABLE_BITS) + (first << FILE_BITS)
        for first, *others in numbers
        if first is not None and others == list(range(first + 1, first + 1 + len(others)))
    ]
    if len(bases) == len(numbers):
        return f"({bases}[{index}]::bigint + _origin)"
    lists = str([list(each) for each in numbers]).replace("None", "null")
    file = f"{lists}[{index}][{file_of('_origin')} + 1]::bigint"
    return row_id(table, file, position_of("_origin"))
