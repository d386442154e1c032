from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.contracts import Transform
from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.join import Join

ROWS = [{"id": 1, "c": "x"}, {"id": 2, "c": "y"}, {"id": 3, "c": None}]
OTHER = [{"c": "x", "land": "FR", "size": 1}, {"c": "z", "land": "DE", "size": 2}]


def test_left_keeps_every_row_and_takes_all_but_the_key():
    outcome = apply_transform(Join(with_="o", on="c"), ROWS, o=OTHER)
    assert outcome.rows == [
        {"id": 1, "c": "x", "land": "FR", "size": 1},
        {"id": 2, "c": "y", "land": None, "size": None},
        {"id": 3, "c": None, "land": None, "size": None},
    ]
    assert outcome.set_aside == []


def test_inner_drops_rows_without_a_match_and_says_which():
    outcome = apply_transform(Join(with_="o", on="c", how="inner", columns="land"), ROWS, o=OTHER)
    assert outcome.rows == [{"id": 1, "c": "x", "land": "FR"}]
    assert outcome.set_aside == [
        (1, "dropped", "join o", "c", "y"),
        (2, "dropped", "join o", "c", None),
    ]


def test_semi_and_anti_divide_the_rows_between_them():
    semi = apply_transform(Join(with_="o", on="c", how="semi"), ROWS, o=OTHER * 2)
    anti = apply_transform(Join(with_="o", on="c", how="anti"), ROWS, o=OTHER * 2)
    assert semi.rows == [{"id": 1, "c": "x"}]
    assert anti.rows == [{"id": 2, "c": "y"}, {"id": 3, "c": None}]
    assert anti.set_aside == [(0, "dropped", "join o", "c", "x")]


def test_null_keys_never_match():
    outcome = apply_transform(
        Join(with_="o", on="c"), [{"c": None}], o=[{"c": None, "v": 1}, {"c": None, "v": 2}]
    )
    assert outcome.rows == [{"c": None, "v": None}]


def test_keys_of_other_names_and_of_several_columns():
    rows = [{"a": 1, "b": 2}]
    other = [{"x": 1, "y": 2, "v": "yes"}, {"x": 1, "y": 3, "v": "no"}]
    assert apply_transform(Join(with_="o", on={"a": "x", "b": "y"}), rows, o=other).rows == [
        {"a": 1, "b": 2, "v": "yes"}
    ]
    outcome = apply_transform(Join(with_="o", on={"a": "x", "b": "y"}, how="anti"), rows, o=other)
    assert outcome.set_aside == [(0, "dropped", "join o", "a, b", "1, 2")]


def test_a_repeated_key_is_refused_unless_many():
    other = [*OTHER, {"c": "x", "land": "BE", "size": 3}]
    with pytest.raises(StepError, match=r"several rows with c = 'x'[\s\S]*many: true"):
        apply_transform(Join(with_="o", on="c"), ROWS, o=other)
    many = Join(with_="o", on="c", many=True, columns=["land"])
    assert many.grain == "new"
    assert Join(with_="o", on="c").grain == "same"
    assert [row["land"] for row in apply_transform(many, ROWS, o=other).rows] == [
        "FR",
        "BE",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"with_": "q", "on": "c"}, "no table 'q'"),
        ({"with_": "o", "on": "d"}, "no column 'd'"),
        ({"with_": "o", "on": {"c": "k"}}, "o: no column 'k'"),
        ({"with_": "o", "on": {"id": "c"}}, "int64 here and text in o"),
        ({"with_": "o", "on": {"id": "size"}}, "two columns 'c'"),
        ({"with_": "o", "on": "c", "columns": "lnd"}, "did you mean 'land'"),
    ],
)
def test_what_the_tables_do_not_allow_is_a_step_error(fields, message):
    with pytest.raises(StepError, match=message):
        apply_transform(Join(**fields), ROWS, o=OTHER)


def test_a_semi_join_takes_no_columns():
    with pytest.raises(ValidationError, match="adds nothing"):
        Join(with_="o", on="c", how="semi", columns="land")


def test_as_written_in_yaml_it_reads_tables_by_full_name():
    step = build(TRANSFORMS, {"join": {"with": "silver.clients", "on": "client_id"}})
    assert step.reads() == ("silver.clients",)
    assert Join(with_="clients", on="client_id").reads() == ()
    assert isinstance(step, Transform)
