"""Columns of values, as bronze would read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from medallion.proposal.column_values import ColumnValues

Column = Callable[..., ColumnValues]


@pytest.fixture
def column() -> Column:
    def make(values: Sequence[Any], name: str = "c") -> ColumnValues:
        table = pa.table({name: pa.array(values)})
        return ColumnValues(duckdb.connect().from_arrow(table), name)

    return make
