"""Numbers of JSON that a DOUBLE would change, and only those."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.formats import json_numbers
from medallion.formats.json_numbers import has_inexact, quote_inexact

INEXACT = [
    "0.1234567890123456789",
    "1e400",
    "-1E-400",
    "9007199254740993.0",
    "123456789012345678901.5",
]
EXACT = [
    "0.1",
    "-2.50",
    "1e22",
    "5e-324",
    "0.30000000000000004",
    "100.000000000000000000",
    "9007199254740993",  # an integer: no DOUBLE is needed
    "123456789012345678901234567890",
    "0",
]


@pytest.mark.parametrize("template", ['{{"n":{}}}', '{{"n": [1, {}, 2]}}', '{{"n":{{"a" :\n{}}}}}'])
@pytest.mark.parametrize(("number", "inexact"), [(n, n in INEXACT) for n in [*INEXACT, *EXACT]])
def test_a_number_is_inexact_if_a_double_changes_it(
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    template: str,
    number: str,
    inexact: bool,
) -> None:
    text = template.format(number)
    connection.execute("create table objects as select ?::json as json", [text]).fetchall()
    assert has_inexact("objects", connection) is inexact
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_text(text)
    assert quote_inexact(source, copy) == inexact
    assert copy.read_text() == (template.format(f'"{number}"') if inexact else text)


def test_text_that_looks_like_a_number_is_not_quoted(tmp_path: Path) -> None:
    content = '{"1e400": "a: 1e400, \\"[1e400", "é": "\\\\"}\r\n'
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(content.encode())
    assert quote_inexact(source, copy) == 0
    assert copy.read_bytes() == content.encode()


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False)
        | st.decimals(allow_nan=False, allow_infinity=False)
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_quoted_numbers_are_those_a_double_changes(tmp_path, monkeypatch, numbers):
    monkeypatch.setattr(json_numbers, "_CHUNK", 7)
    text = "".join(['["1e400 \\" ,"', *(f", [{number}]" for number in numbers), "]"])
    (tmp_path / "a").write_text(text)
    count = json_numbers.quote_inexact(tmp_path / "a", tmp_path / "b")
    assert json_numbers.quote_inexact(tmp_path / "b", tmp_path / "c") == 0
    found = json.loads((tmp_path / "b").read_text(), parse_int=Decimal)
    assert found[0] == '1e400 " ,'
    assert [Decimal(repr(n) if isinstance(n, float) else n) for (n,) in found[1:]] == [
        Decimal(str(n)) for n in numbers
    ]
    assert count == sum(isinstance(n, str) for (n,) in found[1:])
