from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.expectations.references import References
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations

ROWS = [{"c": 1, "p": "a"}, {"c": 9, "p": "z"}, {"c": None, "p": "z"}]
CLIENTS = [{"id": 1}, {"id": 1}, {"id": None}]


def test_values_without_a_row_there_break_it_and_null_passes():
    made = build(EXPECTATIONS, {"references": {"c": "silver.clients.id"}}, on_fail="quarantine")
    assert made.reads() == ("silver.clients",)
    assert violations(made, ROWS, **{"silver.clients": CLIENTS}) == [(1, "c", "9")]


def test_each_row_breaks_several_references_once():
    made = References(targets={"c": "clients.id", "p": "products.name"})
    assert made.reads() == ()
    assert violations(made, ROWS, clients=CLIENTS, products=[{"name": "a"}]) == [
        (1, "c", "9"),
        (2, "p", "z"),
    ]


def test_errors():
    with pytest.raises(StepError, match=r"no table 'silver\.clients'"):
        violations(References(targets={"c": "silver.clients.id"}), ROWS)
    with pytest.raises(StepError, match="clients: no column 'di'"):
        violations(References(targets={"c": "clients.di"}), ROWS, clients=CLIENTS)
    with pytest.raises(StepError, match="'p' is text here and int64 in clients"):
        violations(References(targets={"p": "clients.id"}), ROWS, clients=CLIENTS)
    with pytest.raises(ValidationError, match=r"layer\.table\.column"):
        References(targets={"c": "clients"})
    with pytest.raises(ValidationError, match=r"layer\.table\.column"):
        References(targets={"c": "silver..id"})
