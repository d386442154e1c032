from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform, run_pipeline
from medallion.transforms.sort import SortStep

ROWS = [{"n": 2, "t": "b"}, {"n": None, "t": "a"}, {"n": 3, "t": "b"}, {"n": 2, "t": "a"}]


@pytest.mark.parametrize(
    ("by", "order"),
    [("n", [2, 2, 3, None]), ("-n", [3, 2, 2, None]), (["t", "-n"], [2, None, 3, 2])],
)
def test_rows_are_put_in_order(by: object, order: list[int | None]) -> None:
    step = plugins.build(plugins.TRANSFORMS, {"sort": by})
    assert [row["n"] for row in apply_transform(step, ROWS).rows] == order


def test_a_missing_column() -> None:
    with pytest.raises(StepError, match="no column 'x'"):
        apply_transform(SortStep(by=("-x",)), ROWS)


def test_a_table_is_stored_in_the_order(tmp_path: Path) -> None:
    steps = ({"sort": ["-n"]}, {"filter": "n < 900"})
    declaration = md.Declaration(
        name="sorted",
        tables={
            "bronze": {"t": md.Source(source="t.parquet")},
            "silver": {"t": md.Table(from_={"t": "bronze.t"}, steps=steps)},
        },
        sinks={},
    )
    rows = [{"n": number * 7 % 1000} for number in range(1000)]
    result = run_pipeline(declaration, {"bronze.t": rows}, tmp_path)
    assert [row["n"] for row in result.table("silver.t")] == list(range(899, -1, -1))
