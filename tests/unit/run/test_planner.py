"""The plan: order, selection, decisions and their reasons. No file is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from medallion.declaration.models import Declaration, Source, Table
from medallion.errors import CallError
from medallion.records import Change, Snapshot
from medallion.run.planner import (
    Arrival,
    Plan,
    Step,
    fingerprint,
    plan,
    select,
)
from medallion.run.selection import Selection
from medallion.run.table_order import order, reads

ALL = [
    "bronze.clients",
    "bronze.orders",
    "silver.clients",
    "silver.orders",
    "gold.stats",
    "gold.names",
]
Tables = dict[str, dict[str, Source | Table]]


def tables() -> Tables:
    """Silver orders are declared before the clients that they are checked against."""
    return {
        "bronze": {"clients": Source(source="clients.csv"), "orders": Source(source="orders.csv")},
        "silver": {
            "orders": Table(
                from_="bronze.orders",
                expect=[{"references": {"client_id": "silver.clients.client_id"}}],
            ),
            "clients": Table(from_="bronze.clients", steps=["trim"]),
        },
        "gold": {
            "stats": Table(
                from_=["silver.orders", "silver.clients"],
                steps=[{"sql": "select 1 as one from orders"}],
            ),
            "names": Table(from_="silver.clients"),
        },
    }


def declare(changed: Tables | None = None) -> Declaration:
    return Declaration(name="shop", tables=changed or tables(), sinks={})


def arrival(mark: str, **changes: int) -> Arrival:
    return Arrival(
        mark, {kind: changes.get(kind, 0) for kind in ("new", "changed", "unchanged", "retracted")}
    )


def arrivals(orders: str = "o1", **changes: int) -> dict[str, Arrival]:
    return {
        "bronze.clients": arrival("c1", unchanged=1),
        "bronze.orders": arrival(orders, **changes),
    }


def snapshot(
    table: str, mark: str, inputs: dict[str, str] | None = None, run: str = "run-1"
) -> Snapshot:
    return Snapshot(
        table=table,
        id=f"{table}@{mark}",
        fingerprint=mark,
        run=run,
        created=datetime(2024, 1, 1, tzinfo=UTC),
        columns=(),
        rows=0,
        bytes=0,
        inputs=inputs or {},
    )


def published(declaration: Declaration) -> dict[str, Snapshot]:
    """What a run of the declaration would have published."""
    found: dict[str, Snapshot] = {}
    for name in order(declaration):
        inputs = {read: found[read] for read in reads(declaration, name)}
        mark = {"bronze.clients": "c1", "bronze.orders": "o1"}.get(name) or fingerprint(
            declaration, name, inputs
        )
        found[name] = snapshot(name, mark, {read: given.id for read, given in inputs.items()})
    return found


def nothing(table: str, mark: str) -> None:
    del table, mark


def decisions(made: Plan) -> dict[str, str]:
    return {step.table: step.decision for step in made.steps}


def whys(made: Plan) -> dict[str, str]:
    return {step.table: step.why for step in made.steps}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ALL),
        (Selection(only=("gold.names",)), ["gold.names"]),
        (Selection(only=("gold.stats", "bronze.orders")), ["bronze.orders", "gold.stats"]),
        (Selection(from_="silver.orders"), ["silver.orders", "gold.stats"]),
        (Selection(from_="bronze.clients"), [name for name in ALL if name != "bronze.orders"]),
        (Selection(to="gold.names"), ["bronze.clients", "silver.clients", "gold.names"]),
        (
            Selection(to="silver.orders"),
            ["bronze.clients", "bronze.orders", "silver.clients", "silver.orders"],
        ),
        (
            Selection(from_="silver.clients", to="silver.orders"),
            ["silver.clients", "silver.orders"],
        ),
        (Selection(from_="gold.names", to="gold.stats"), []),
        (Selection(only=("gold.stats",), to="gold.names"), []),
    ],
)
def test_a_selection_takes_these(selection: Selection, expected: list[str]) -> None:
    chosen = select(declare(), selection)
    assert [name for name in ALL if name in chosen] == expected
    assert len(chosen) == len(expected)


@pytest.mark.parametrize(
    "selection",
    [Selection(only=("gold.stat",)), Selection(from_="gold.stat"), Selection(to="gold.stat")],
)
def test_an_unknown_table_is_told(selection: Selection) -> None:
    with pytest.raises(
        CallError, match=r"^there is no table 'gold\.stat'; did you mean 'gold\.stats'\?$"
    ):
        plan(declare(), arrivals(), {}, nothing, selection)


def test_at_first_all_is_new() -> None:
    made = plan(declare(), arrivals(new=1), {}, nothing)
    assert [step.table for step in made.steps] == ALL
    assert [step.table for step in made.computes] == ALL
    assert whys(made)["bronze.orders"] == "it is new"
    assert whys(made)["silver.orders"] == "bronze.orders, silver.clients will change"
    assert whys(made)["gold.names"] == "silver.clients will change"
    assert made.stale == ()


def test_nothing_new_leaves_all_as_it_is() -> None:
    declaration = declare()
    current = published(declaration)
    made = plan(declaration, arrivals(), current, nothing)
    assert set(decisions(made).values()) == {"unchanged"}
    assert set(whys(made).values()) == {"nothing changed"}
    assert made.computes == ()
    assert {step.table: step.snapshot for step in made.steps} == current


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"new": 2, "unchanged": 5}, "files: 2 new"),
        ({"new": 1, "changed": 3, "retracted": 4}, "files: 1 new, 3 changed, 4 retracted"),
        ({"unchanged": 5}, "its declaration changed"),
    ],
)
def test_changed_files_compute_only_what_reads_them(changes: dict[Change, int], why: str) -> None:
    declaration = declare()
    made = plan(declaration, arrivals("o2", **changes), published(declaration), nothing)
    assert [step.table for step in made.computes] == [
        "bronze.orders",
        "silver.orders",
        "gold.stats",
    ]
    assert whys(made)["bronze.orders"] == why
    assert whys(made)["silver.orders"] == "bronze.orders will change"
    assert whys(made)["gold.stats"] == "silver.orders will change"


def test_a_changed_declaration_computes_its_table_and_those_after_it() -> None:
    current = published(declare())
    changed = tables()
    changed["silver"]["clients"] = Table(from_="bronze.clients")
    made = plan(declare(changed), arrivals(), current, nothing)
    assert [step.table for step in made.computes] == [
        "silver.clients",
        "silver.orders",
        "gold.stats",
        "gold.names",
    ]
    assert whys(made)["silver.clients"] == "its declaration changed"


def test_a_description_changes_nothing() -> None:
    current = published(declare())
    changed = tables()
    changed["gold"]["names"] = Table(from_="silver.clients", description="Everybody.")
    assert plan(declare(changed), arrivals(), current, nothing).computes == ()


def test_a_snapshot_of_an_earlier_run_is_taken_up_and_only_what_it_changes_computed() -> None:
    declaration = declare()
    current = published(declaration)
    found = snapshot("bronze.orders", "o2", run="run-7")

    def find(table: str, mark: str) -> Snapshot | None:
        return found if (table, mark) == ("bronze.orders", "o2") else None

    made = plan(declaration, arrivals("o2", new=1), current, find)
    assert decisions(made) | {"bronze.orders": "reuse", "silver.orders": "compute"} == decisions(
        made
    )
    assert whys(made)["bronze.orders"] == "run run-7 has computed it already"
    assert whys(made)["silver.orders"] == "bronze.orders changed"
    assert made.steps[1].snapshot == found


def test_full_computes_all_though_nothing_changed() -> None:
    declaration = declare()
    made = plan(declaration, arrivals(), published(declaration), nothing, Selection(full=True))
    assert [step.table for step in made.computes] == ALL
    assert whys(made)["bronze.orders"] == "everything is recomputed"
    part = plan(
        declaration,
        arrivals(),
        published(declaration),
        nothing,
        Selection(only=("gold.names",), full=True),
    )
    assert [step.table for step in part.computes] == ["gold.names"]


def test_only_a_table_with_a_source_can_be_refreshed() -> None:
    for table in ("silver.orders", "bronze.order"):
        with pytest.raises(
            CallError, match=rf"no table '{table}' with a source; did you mean 'bronze.orders'\?$"
        ):
            select(declare(), Selection(refresh=(table,)))
    with pytest.raises(CallError, match=r"^bronze.orders reads files, which have no range\n"):
        select(declare(), Selection(refresh=("bronze.orders:1..2",)))


def test_what_is_left_out_though_it_changed_is_stale() -> None:
    declaration = declare()
    current = published(declaration)
    made = plan(declaration, arrivals("o2", new=1), current, nothing, Selection(to="silver.orders"))
    assert [step.table for step in made.computes] == ["bronze.orders", "silver.orders"]
    assert made.stale == ("gold.stats",)
    left = made.steps[-2]
    assert (left.table, left.decision, left.why) == ("gold.stats", "left", "left out of this run")
    assert left.snapshot == current["gold.stats"]


def test_what_is_left_out_and_did_not_change_is_not_stale() -> None:
    declaration = declare()
    made = plan(
        declaration, arrivals(), published(declaration), nothing, Selection(only=("gold.names",))
    )
    assert made.stale == ()
    assert decisions(made) == {**dict.fromkeys(ALL, "left"), "gold.names": "unchanged"}


def test_a_table_after_a_stale_one_is_computed_from_what_is_published() -> None:
    declaration = declare()
    current = published(declaration)
    made = plan(declaration, arrivals("o2", new=1), current, nothing, Selection(from_="gold.stats"))
    assert made.stale == ("bronze.orders",)
    assert made.computes == ()
    assert made.steps[1].snapshot == current["bronze.orders"]


def test_selecting_takes_time_by_tables_and_not_by_ways_between_them() -> None:
    """Each pair reads both tables of the pair below: 2^60 ways lead from the first to the last."""
    silver: dict[str, Source | Table] = {
        "a0": Table(from_="bronze.b"),
        "b0": Table(from_="bronze.b"),
    }
    for depth in range(1, 61):
        below = [f"silver.a{depth - 1}", f"silver.b{depth - 1}"]
        silver |= {
            f"{side}{depth}": Table(from_=below, steps=[{"sql": "select 1 as one"}])
            for side in "ab"
        }
    declaration = declare({"bronze": {"b": Source(source="b.csv")}, "silver": silver})
    assert select(declaration, Selection(from_="silver.a59")) == {
        "silver.a59",
        "silver.a60",
        "silver.b60",
    }
    assert len(select(declaration, Selection(to="silver.a60"))) == 122


def test_a_plan_shows_how_much_it_computes_and_the_table_that_is_printed() -> None:
    steps = (Step("gold.a<b>", "compute", "it is new", "f"), Step("gold.c", "left", "left out"))
    assert repr(Plan(steps)) == "<Plan: 1 of 2 tables to compute>"
    stale = Plan(steps, ("gold.c",))
    assert (
        repr(stale) == "<Plan: 1 of 2 tables to compute, not to be published: gold.c out of date>"
    )
    html = stale._repr_html_()
    assert "<th>table</th><th>decision</th><th>why</th>" in html
    assert "<td>gold.a&lt;b&gt;</td><td>compute</td><td>it is new</td>" in html


def test_a_source_that_only_a_run_asks_leaves_open_what_reads_it() -> None:
    declaration, arrived = declare(), {"bronze.orders": arrival("o1", unchanged=1)}
    current, unasked = published(declaration), {"bronze.clients"}
    made = plan(declaration, arrived, current, nothing, unasked=unasked)
    assert whys(made) == {
        "bronze.clients": "a run asks its source what is new",
        "bronze.orders": "nothing changed",
        "silver.clients": "bronze.clients may change",
        "silver.orders": "silver.clients may change",
        "gold.stats": "silver.orders, silver.clients may change",
        "gold.names": "silver.clients may change",
    }
    assert (made.computes, len(made.asks)) == ((), 5)
    made = plan(
        declaration, arrived, current, nothing, Selection(only=("gold.names",)), unasked=unasked
    )
    assert whys(made)["bronze.clients"] == "left out of this run, and may be out of date"
    assert (whys(made)["bronze.orders"], made.stale) == ("left out of this run", ())
    changed = {"bronze.orders": arrival("o2", changed=1)}
    made = plan(declaration, changed, current, nothing, unasked=unasked)
    assert whys(made)["silver.orders"] == "bronze.orders, silver.clients will change"
    assert decisions(made)["gold.stats"] == "compute"
    for made in (
        plan(declaration, arrived, {}, nothing, unasked=unasked),
        plan(declaration, arrived, current, nothing, Selection(full=True), unasked=unasked),
    ):
        assert {*decisions(made).values()} == {"compute"}
