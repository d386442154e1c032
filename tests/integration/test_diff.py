"""Differences between releases of the shop: an outer join by hand, and one release made of the other."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.lineage.release_diff import ReleaseDiff, TableDiff

SHOP = Path(__file__).parents[2] / "examples/shop"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """The shop with two releases: files changed, came and left, and the declaration was edited."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SHOP, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lake"))
    purchases = folder / "data/purchases"
    held_back = (purchases / "2024-02.csv").rename(folder / "2024-02.csv")
    md.Pipeline.load(folder / "medallion.yaml").run()
    held_back.rename(purchases / "2024-02.csv")
    (purchases / "2024-03.csv").unlink()
    january = purchases / "2025-01.csv"
    lines = january.read_text(encoding="utf-8").splitlines()
    january.write_text("\n".join([*lines[:5], *lines[6:], lines[7]]) + "\n", encoding="utf-8")
    declaration = folder / "medallion.yaml"
    text = declaration.read_text(encoding="utf-8")
    declaration.write_text(
        text.replace("average: mean(amount)", "average: median(amount)", 1), encoding="utf-8"
    )
    pipeline = md.Pipeline.load(declaration)
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def diff(shop: md.Pipeline) -> ReleaseDiff:
    return shop.diff(rows=None)


def rows_of(shop: md.Pipeline, table: str, release: str) -> Rows:
    """The rows of a table, with values as JSON has them: decimals, dates and the like as text."""
    rows: Rows = shop.lake.table(table, release).to_arrow().to_pylist()
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def plain(value: object) -> object:
    return value if isinstance(value, int | float | str) or value is None else str(value)


def bag(rows: Rows) -> Counter[Any]:
    return Counter(tuple(sorted(row.items(), key=lambda item: item[0])) for row in rows)


def test_every_table_changed(shop: md.Pipeline, diff: ReleaseDiff) -> None:
    assert {table.table for table in diff.changes} == {
        name
        for name in shop.declaration.names()
        if name not in ("bronze.clients", "silver.clients")
    }


def test_a_full_outer_join_by_hand_has_the_same_rows(shop: md.Pipeline, diff: ReleaseDiff) -> None:
    compared = 0
    for table in diff.changes:
        if not table.key:
            continue
        before, after = (
            {
                tuple(row[name] for name in table.key): row
                for row in rows_of(shop, table.table, release)
            }
            for release in (diff.before, diff.after)
        )
        expected = {
            key: "added" if key not in before else "removed" if key not in after else "changed"
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        statuses = {tuple(row.key.values()): row.status for row in table.rows}
        assert statuses == expected, table.table
        for row in table.rows:
            key = tuple(row.key.values())
            if row.status == "changed":
                one, other = before[key], after[key]
                assert {name: (item.before, item.after) for name, item in row.values.items()} == {
                    name: (one[name], other[name]) for name in one if one[name] != other[name]
                }
        compared += 1
    assert compared == 6


def test_a_release_with_its_differences_is_the_other(shop: md.Pipeline, diff: ReleaseDiff) -> None:
    for table in diff.changes:
        rows = bag(rows_of(shop, table.table, diff.before))
        assert bag(applied(table, rows)) == bag(rows_of(shop, table.table, diff.after))


def applied(table: TableDiff, before: Counter[Any]) -> Rows:
    """The rows after the differences, from those before."""
    rows = [dict(row) for row, count in before.items() for _ in range(count)]
    by_key = {tuple(row[name] for name in table.key): row for row in rows}
    for row in table.rows:
        values = {name: item.after for name, item in row.values.items()}
        if row.status == "added":
            rows.append({**row.key, **values})
        elif row.status == "removed":
            rows.remove({**row.key, **{name: item.before for name, item in row.values.items()}})
        elif table.key:
            by_key[tuple(row.key.values())] |= values
        else:
            rows[0] |= values
    return rows


def test_sums_are_those_of_the_tables(shop: md.Pipeline, diff: ReleaseDiff) -> None:
    (table,) = [item for item in diff.tables if item.table == "gold.product_stats"]
    for name in ("purchases", "quantity", "clients"):
        before, after = (
            sum(row[name] for row in rows_of(shop, table.table, release))
            for release in (diff.before, diff.after)
        )
        assert (table.sums[name].before, table.sums[name].after) == (before, after)


def test_causes_are_named(diff: ReleaseDiff) -> None:
    (table,) = [item for item in diff.tables if item.table == "gold.product_stats"]
    causes = {(cause.table, cause.kind, cause.name, cause.change) for cause in table.causes}
    assert causes == {
        ("bronze.purchases", "file", "data/purchases/2024-02.csv", "new"),
        ("bronze.purchases", "file", "data/purchases/2024-03.csv", "retracted"),
        ("bronze.purchases", "file", "data/purchases/2025-01.csv", "changed"),
        ("gold.product_stats", "step", "aggregate", "changed"),
    }
