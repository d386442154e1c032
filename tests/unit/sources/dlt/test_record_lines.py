from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel

from medallion.errors import SourceError
from medallion.sources.dlt.record_lines import record_lines


class Size(Enum):
    LARGE = "L"


class Order(BaseModel):
    id: int
    price: Decimal


@dataclass
class Point:
    x: int


def lines(item: Any) -> str:
    return b"".join(record_lines("dlt orders", item)).decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (2**80, str(2**80)),
        (0.1, "0.1"),
        (float("nan"), '"nan"'),
        ([Decimal("NaN"), {"a": float("-inf")}], '["NaN", {"a": "-inf"}]'),
        ("NaN", '"NaN"'),
        (datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC), '"2024-01-02T03:04:05.000006+00:00"'),
        (date(2024, 1, 2), '"2024-01-02"'),
        (time(3, 4), '"03:04:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (b"\xff", '"/w=="'),
        (Size.LARGE, '"L"'),
        (Order(id=1, price=Decimal("1.10")), '{"id": 1, "price": 1.10}'),
        (Point(1), '{"x": 1}'),
        ({"b", "a"}, '["a", "b"]'),
        (np.int64(5), "5"),
        (np.array([1, 2]), "[1, 2]"),
        ("é\n", '"é\\n"'),
        ("\ud800", '"\\ud800"'),
        (None, "null"),
    ],
)
def test_values_are_exact(value: Any, text: str) -> None:
    assert lines({"value": value}) == f'{{"value": {text}}}\n'


def test_frames_are_records() -> None:
    table = pa.table({"price": pa.array([Decimal("1.10"), None])})
    expected = '{"price": 1.10}\n{"price": null}\n'
    assert lines(table) == lines(table.to_batches()[0]) == expected
    assert lines(pl.DataFrame({"id": [1, 2]})) == '{"id": 1}\n{"id": 2}\n'
    assert lines(pd.DataFrame({"id": [1]}, index=["a"])) == '{"id": 1}\n'
    assert lines(Order(id=1, price=Decimal("1.10"))) == '{"id": 1, "price": 1.10}\n'


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(SourceError, match="yields int, not records"):
        lines(5)
    with pytest.raises(SourceError, match="a value of type complex"):
        lines({"id": 1j})
