"""What a format is unless its class says otherwise, and what it returns."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb
import pytest

from medallion.contracts import Column, Format, Parsed, literal

if TYPE_CHECKING:
    from medallion.contracts import Connection


class Lines(Format):
    """Each line that is not empty is a record of one column."""

    name: ClassVar[str] = "lines"

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        lines = source.read_text(encoding="utf-8").splitlines()
        records = [line for line in lines if line]
        values = ", ".join(f"({literal(line)})" for line in records)
        connection.execute(
            f"copy (from (values {values}) t(line)) to {literal(str(target))} (format parquet)"
        ).fetchall()
        rejects = tuple(
            (number, "an empty line", line) for number, line in enumerate(lines, 1) if not line
        )
        return Parsed((Column(name="line", type="text"),), len(records), rejects)


def test_a_format_is_the_default_for_no_file_unless_it_says_so() -> None:
    assert Lines.suffixes == ()


def test_the_result_has_no_rejects_and_no_warnings_unless_given() -> None:
    parsed = Parsed((), 0)
    assert (parsed.rejects, parsed.warnings) == ((), ())
    with pytest.raises(FrozenInstanceError):
        parsed.rows = 1  # type: ignore[misc]


def test_the_numbers_of_records_follow_from_those_of_the_rejects(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n\nit's three\n\n\nsix\n", encoding="utf-8")
    with duckdb.connect() as connection:
        parsed = Lines().parse(tmp_path / "a.txt", "a.txt", tmp_path / "a.parquet", connection)
        records = [
            line for (line,) in connection.read_parquet(str(tmp_path / "a.parquet")).fetchall()
        ]
    assert parsed.rejects == (
        (2, "an empty line", ""),
        (4, "an empty line", ""),
        (5, "an empty line", ""),
    )
    rejected = {number for number, _, _ in parsed.rejects}
    numbers = [
        number for number in range(1, parsed.rows + len(rejected) + 1) if number not in rejected
    ]
    assert dict(zip(numbers, records, strict=True)) == {1: "one", 3: "it's three", 6: "six"}


def test_a_format_needs_its_method() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Format()  # type: ignore[abstract]
