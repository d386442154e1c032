from __future__ import annotations

from typing import Any

import pytest

from medallion.proposal.column_types import propose_type
from tests.unit.proposal.conftest import Column


@pytest.mark.parametrize(
    ("values", "target"),
    [
        (["1", "-20", "300"], "integer"),
        (["1", "0", "1"], "integer"),
        (["true", "no", "Y"], "boolean"),
        (["0.5", "12", "1234.25"], "decimal(12,2)"),
        (["12.00", "3.50"], "decimal(12,2)"),
        (["1234567890123.125"], "decimal(18,3)"),
        (["1,234", "12"], {"type": "integer", "thousands": ","}),
        (["1,234.50", "12.00"], {"type": "decimal(12,2)", "thousands": ","}),
        (["12,5", "0,25"], {"type": "decimal(12,2)", "decimal": ","}),
        (["1.234,50"], {"type": "decimal(12,2)", "decimal": ",", "thousands": "."}),
        (["1 234,50", "12"], {"type": "decimal(12,2)", "decimal": ",", "thousands": " "}),
        (["1\u202f234"], {"type": "integer", "thousands": "\u202f"}),
        (["1'234.50"], {"type": "decimal(12,2)", "thousands": "'"}),
        (["12 34", "1 2"], None),
        (["1e5", "2.5e-3"], "float"),
        (["0.123456789"], "float"),
        (["2024-01-31"], {"date": ["iso"]}),
        (["31/12/2024", "01/02/2024"], {"date": ["%d/%m/%Y"]}),
        (["12/31/2024", "01/02/2024"], {"date": ["%m/%d/%Y"]}),
        (["31.12.2024"], {"date": ["%d.%m.%Y"]}),
        (["20241231"], {"date": ["%Y%m%d"]}),
        (["Mar 5, 2024"], {"date": ["%b %d, %Y"]}),
        (["2024-01-31", "2024-02-28", "28/02/2024"], {"date": ["iso", "%d/%m/%Y"]}),
        (["2024-01-31 10:00:00", "2024-01-31T11:30"], {"timestamp": ["iso"]}),
        (["2024-01-31T10:00:00Z"], {"timestamp": ["iso"], "timezone": "UTC"}),
        (["31/12/2024 10:15"], {"timestamp": ["%d/%m/%Y %H:%M"]}),
        (["00123", "00456"], None),
        (["x", "1", "2"], None),
        (["C01", "C02"], None),
        ([None], None),
        ([1, 2], None),
    ],
)
def test_the_type_is_the_narrowest_that_fits(
    column: Column, values: list[Any], target: object
) -> None:
    proposal = propose_type(column(values))
    assert (proposal and proposal.target) == target


def test_a_type_that_fits_fewer_values_is_not_proposed(column: Column) -> None:
    assert propose_type(column([*"1234567", "x", "y"])) is None


def test_a_few_values_may_be_wrong_and_are_listed(column: Column) -> None:
    proposal = propose_type(column([*map(str, range(97)), "soon", "soon", "later", "n/a"]))
    assert proposal
    assert proposal.target == "integer"
    assert (proposal.share.fitting, proposal.share.total) == (97, 100)
    assert proposal.share.misfits == (("soon", 2), ("later", 1))


def test_a_date_whose_day_and_month_may_be_swapped_is_not_decided_in_silence(
    column: Column,
) -> None:
    proposal = propose_type(column(["01/02/2024", "03/04/2024"]))
    assert proposal
    assert proposal.target == {"date": ["%d/%m/%Y"]}
    assert proposal.also == ("%m/%d/%Y",)


def test_one_column_never_has_both_orders_of_day_and_month(column: Column) -> None:
    proposal = propose_type(column([*(f"{day}/02/2024" for day in range(10, 29)), "02/28/2024"]))
    assert proposal
    assert proposal.target == {"date": ["%d/%m/%Y"]}
    assert proposal.share.misfits == (("02/28/2024", 1),)
