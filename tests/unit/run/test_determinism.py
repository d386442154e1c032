"""SQL that depends on the time or on chance stops `check`, `plan` and `run`, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion.declaration.models import Declaration, Source, Table
from medallion.errors import DeclarationError
from medallion.pipeline import Pipeline


def pipeline(folder: Path, **part: Any) -> Pipeline:
    (folder / "a.csv").write_text("id,day,n\n1,2024-01-31,3\n")
    tables: dict[str, Any] = {
        "bronze": {"a": Source(source="a.csv")},
        "gold": {"t": Table(from_="bronze.a", **part)},
    }
    return Pipeline(Declaration(name="shop", tables=tables), base=folder)


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"steps": [{"derive": {"d": "today()"}}]}, "steps[0].derive.d"),
        ({"steps": ["trim", {"filter": "day::date < current_date"}]}, "steps[1].filter.where"),
        ({"steps": [{"sql": "select random() as r from a"}]}, "steps[0].sql.query"),
        (
            {"steps": [{"aggregate": {"metrics": {"n": "count()"}, "having": "n > random()"}}]},
            "steps[0].aggregate.having",
        ),
        ({"expect": [{"expression": "day::date < now()"}]}, "expect[0].expression.condition"),
    ],
)
def test_it_is_declared(tmp_path: Path, part: dict[str, Any], place: str) -> None:
    shop = pipeline(tmp_path, **part)  # the declaration can be served
    problems = [*shop.check().problems]
    for refused in (shop.plan, shop.run):
        with pytest.raises(DeclarationError) as caught:
            refused()
        problems += caught.value.problems
    assert {problem.path for problem in problems} == {f"tables.gold.t.{place}"}
    assert len(problems) == 3
    assert "declare `deterministic: false` for the table" in problems[0].message
    assert shop.lake.current() is None
    assert pipeline(tmp_path, deterministic=False, **part).check().problems == ()


@pytest.mark.parametrize(
    "steps",
    [
        [{"rename": {"day": "current_date"}}, {"filter": "current_date > '2020'"}],
        [{"rename": {"day": "localtime"}}, {"sql": "select id, localtime from a"}],
        [{"sql": "select max(day) as current_date from a"}],
        [{"derive": {"text": "$$now()$$"}}],
    ],
)
def test_columns_and_texts_are_not_mistaken_for_functions(
    tmp_path: Path, steps: list[dict[str, Any]]
) -> None:
    shop = pipeline(tmp_path, steps=steps)
    assert shop.check().problems == ()
    shop.plan()
    assert shop.run().status == "succeeded"


def test_a_release_can_still_be_read_and_changed(tmp_path: Path) -> None:
    for limit in (0, 1):
        pipeline(tmp_path, steps=[{"filter": f"n::integer > {limit}"}]).run()
    shop = pipeline(tmp_path, steps=[{"filter": "n::integer > 1 and now() > '2020-01-01'"}])
    assert shop.diff().tables
    assert shop.roll_back()
