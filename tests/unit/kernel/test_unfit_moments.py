from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.contracts import Parsed
from medallion.formats import parquet_file
from medallion.kernel.unfit_moments import unfit_moments


def warnings(
    tmp_path: Path, select: str, rejects: tuple[tuple[int, str, str], ...] = ()
) -> list[str]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    target = tmp_path / "records.parquet"
    rows = parquet_file.write(select, target, connection)
    parsed = Parsed(parquet_file.columns(target, connection), rows, rejects)
    return list(unfit_moments(parsed, target, connection))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("date", "date"),
        ("timestamp", "timestamp"),
        ("timestamptz", "{timestamp: iso, timezone: UTC}"),
    ],
)
@pytest.mark.parametrize("value", ["infinity", "-infinity", "20224-01-01"])
def test_the_first_record_that_no_store_can_load_is_named(
    tmp_path: Path, kind: str, target: str, value: str
) -> None:
    rows = f"(null), ('2024-01-31'::{kind}), ('{value}'::{kind}), ('infinity'::{kind})"
    (warning,) = warnings(tmp_path, f"select due, 1 as id from (values {rows}) as t(due)")
    assert warning.startswith(f"record 3 has {value}")
    assert f"in 'due', which no store can load: `cast: {{due: {target}}}`" in warning


def test_the_number_counts_records_that_could_not_be_read(tmp_path: Path) -> None:
    rejects = ((1, "", ""), (3, "", ""), (9, "", ""))
    (warning,) = warnings(tmp_path, "select date 'infinity' as due", rejects)
    assert warning.startswith("record 2 ")
    days = "select unnest([date '2024-01-01', 'infinity']) as due"
    (warning,) = warnings(tmp_path, days, rejects)
    assert warning.startswith("record 4 ")


def test_other_values_have_no_warning(tmp_path: Path) -> None:
    days = "date '0001-01-01' as a, timestamp '9999-12-31 23:59:59.999999' as b, 'infinity' as c"
    assert not warnings(tmp_path, f"select {days}, double 'infinity' as d")


def test_the_name_of_a_column_is_a_key_of_yaml(tmp_path: Path) -> None:
    (warning,) = warnings(tmp_path, """select date 'infinity' as "due: day, {x}" """)
    assert """`cast: {"due: day, {x}": date}`""" in warning
