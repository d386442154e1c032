"""Places of cells, and the limit of a part."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from medallion.workbooks.workbook import (
    check_place,
    column_letters,
    column_number,
    open_part,
)


def test_columns_by_letters() -> None:
    for number, letters in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16383, "XFD")]:
        assert column_number(f"{letters}7") == number
        assert column_letters(number) == letters


@pytest.mark.parametrize("place", [(0, 0), (1, -1), (1, 16384), (1_048_577, 0)])
def test_a_place_outside_the_largest_sheet(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside the largest sheet"):
        check_place(*place)
    check_place(1_048_576, 16_383)


def test_a_part_that_is_too_large(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as book:
        book.writestr("part", bytes(1000))
    with ZipFile(tmp_path / "a.zip") as book:
        assert open_part(book, "part").read() == bytes(1000)
        with pytest.raises(ValueError, match="more than 999 bytes"):
            open_part(book, "part", most=999)
