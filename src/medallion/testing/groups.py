"""The contract of `Store.group`: compared with plain Python over the same rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store
from medallion.errors import CallError
from medallion.query.metrics import quantile_of
from medallion.testing.served import Row, items, publish, rank

METRICS = {
    "rows": "count()",
    "spent": "sum(amount)",
    "usual": "mean(amount)",
    "least": "min(amount)",
    "latest": "max(day)",
    "grand": "sum(total)",
    "steep": "sum(rate)",
    "first": "min(name)",
    "any": "max(active)",
    "when": "max(seen)",
    "middle": "median(amount)",
    "high": "quantile(rate, 0.9)",
    "weighed": "mean(rate, amount)",
    "each": "sum(amount) / count()",
    "share": "sum(rate) / sum(total)",
    "names": "count_distinct(name)",
    "rates": "count_distinct(rate)",
    "amounts": "count_distinct(amount)",
    "days": "count_distinct(day)",
    "flags": "count_distinct(active)",
}

EXACT_METRICS = ("names", "rates", "rows", "spent", "least", "latest", "grand", "when")

NO_ROWS = dict.fromkeys(("rows", "names", "rates", "amounts", "days", "flags"), 0)

TERMS: dict[str, Callable[[Any], Any]] = {
    "name": lambda value: value,
    "active": lambda value: value,
    "amount": lambda value: value,
    "day": lambda value: value,
    "at": lambda value: value,
    "rate": lambda value: value,
    "bin(amount, 2.5)": lambda value: (
        (value // Decimal("2.5") - (value % Decimal("2.5") < 0)) * Decimal("2.5")
    ),
    "bin(id, 10)": lambda value: value // 10 * 10,
    "bin(rate, 0.5)": lambda value: value // 0.5 * 0.5,
    "week(at)": lambda value: f"{value:%G-W%V}",
    "week(day)": lambda value: f"{value:%G-W%V}",
    "quarter(seen)": lambda value: f"{value:%Y}-Q{(value.month + 2) // 3}",
    "year(at)": lambda value: f"{value:%Y}",
    "month(day)": lambda value: f"{value:%Y-%m}",
    "day(seen)": lambda value: f"{value:%Y-%m-%d}",
}

INVALID: list[tuple[tuple[str, ...], dict[str, str], Query, str]] = [
    (("nmae",), {}, Query(), "did you mean 'name'"),
    (("tags",), {}, Query(), "cannot be grouped by"),
    (("hour(day)",), {}, Query(), "cannot group by 'hour'"),
    (("month(name)",), {}, Query(), "asks a date"),
    (("bin(name, 2)",), {}, Query(), "asks a number"),
    (("bin(id, 0)",), {}, Query(), "width above 0"),
    (("bin(id, 0.5)",), {}, Query(), "at most 0 places"),
    (("bin(amount, x)",), {}, Query(), "not a valid decimal"),
    (("name", "name"), {}, Query(), "two columns"),
    (("name",), {"name": "count()"}, Query(), "two columns"),
    ((), {}, Query(), "the result has no columns"),
    ((), {"n": "mode(amount)"}, Query(), "no metric"),
    ((), {"n": "median(name)"}, Query(), "asks a number"),
    ((), {"n": "quantile(amount, 1.5)"}, Query(), "valid fraction"),
    ((), {"n": "quantile(amount)"}, Query(), "valid fraction"),
    ((), {"n": "mean(amount, nmae)"}, Query(), "did you mean 'name'"),
    ((), {"n": "mean(amount, name)"}, Query(), "asks a number"),
    ((), {"n": "sum(amount) / max(total)"}, Query(), "divides sums and counts"),
    ((), {"n": "sum(amount) / sum(name)"}, Query(), "asks a number"),
    ((), {"n": "count"}, Query(), "such as count"),
    ((), {"n": "count(id)"}, Query(), "takes no column"),
    ((), {"n": "count_distinct(tags)"}, Query(), "no order"),
    ((), {"n": "count_distinct(nmae)"}, Query(), "did you mean 'name'"),
    ((), {"n": "sum(name)"}, Query(), "asks a number"),
    ((), {"n": "sum(amuont)"}, Query(), "did you mean 'amount'"),
    ((), {"n": "max(tags)"}, Query(), "no order"),
    (("name",), {"n": "count()"}, Query(sort=(Sort("id"),)), "no column 'id'"),
    ((), {"n": "count()"}, Query(filters=(Filter("nmae", "eq", "x"),)), "did you mean 'name'"),
]


class GroupContract:
    """What `Store.group` must return; a part of `SinkContract`."""

    rows = items()

    @pytest.fixture
    def groups(self, sink: Sink) -> Iterator[Store]:
        """The store of a published table `items`."""
        publish(sink, "release-1", self.rows)
        store = sink.store()
        yield store
        store.close()

    def test_all_rows_as_one_group(self, groups: Store) -> None:
        assert groups.group("items", (), METRICS, Query()) == [_metrics_of(self.rows)]
        nobody = Query(filters=(Filter("id", "lt", 0),))
        assert groups.group("items", (), METRICS, nobody) == [{**dict.fromkeys(METRICS), **NO_ROWS}]
        assert groups.group("items", ("name",), METRICS, nobody) == []

    @pytest.mark.parametrize("term", TERMS)
    def test_groups_by_one_term(self, groups: Store, term: str) -> None:
        column = term.partition("(")[2].partition(",")[0].rstrip(")") or term
        key_of = TERMS[term]
        rows_by_key: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows:
            rows_by_key[None if row[column] is None else key_of(row[column])].append(row)
        expected = [
            {column: key, **_metrics_of(rows_by_key[key])} for key in sorted(rows_by_key, key=rank)
        ]
        metrics = {name: text for name, text in METRICS.items() if name != column}
        result = groups.group("items", (term,), metrics, Query(limit=1000))
        assert result == expected
        exact = {column, *EXACT_METRICS} & {column, *metrics}
        for row, expected_row in zip(result, expected, strict=True):
            assert {name: type(row[name]) for name in exact} == {
                name: type(expected_row[name]) for name in exact
            }

    def test_groups_by_several_terms_and_filters(self, groups: Store) -> None:
        query = Query(filters=(Filter("amount", "gte", 0),), limit=1000)
        rows_by_key: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row["amount"] is not None and row["amount"] >= 0:
                rows_by_key[row["active"], row["name"]].append(row)
        expected = [
            {"active": active, "name": name, "rows": len(rows_by_key[active, name])}
            for active, name in sorted(rows_by_key, key=lambda key: tuple(map(rank, key)))
        ]
        assert groups.group("items", ("active", "name"), {"rows": "count()"}, query) == expected

    def test_sort_and_limit_are_over_the_result(self, groups: Store) -> None:
        query = Query(sort=(Sort("spent", descending=True), Sort("name", descending=True)), limit=3)
        all_groups = groups.group("items", ("name",), {"spent": "sum(amount)"}, Query(limit=1000))
        by_name = sorted(all_groups, key=lambda row: rank(row["name"]), reverse=True)
        expected = sorted(by_name, key=lambda row: rank(row["spent"]), reverse=True)
        assert groups.group("items", ("name",), {"spent": "sum(amount)"}, query) == expected[:3]

    def test_sums_beyond_64_bits_are_exact_and_sort(self, sink: Sink) -> None:
        large = 2**63 - 1
        rows = [
            {**row, "name": name, "total": total, "amount": Decimal(total // 10**9).scaleb(-2)}
            for row, (name, total) in zip(
                items(),
                [
                    ("b", large),
                    ("b", large),
                    ("a", large),
                    ("a", large),
                    ("a", -1),
                    ("c", -large),
                    ("c", -large - 1),
                ],
                strict=False,
            )
        ]
        publish(sink, "large", rows)
        store = sink.store()
        try:
            metrics = {"all": "sum(total)", "spent": "sum(amount)", "rows": "count()"}
            result = store.group(
                "items", ("name",), metrics, Query(sort=(Sort("all", descending=True),))
            )
            assert [(row["name"], row["all"], row["rows"]) for row in result] == [
                ("b", 2 * large, 2),
                ("a", 2 * large - 1, 3),
                ("c", -2 * large - 1, 2),
            ]
            assert {type(row["all"]) for row in result} == {int}
            assert [row["spent"] for row in result] == [
                sum(row["amount"] for row in rows if row["name"] == name) for name in "bac"
            ]
            assert store.group("items", (), {"all": "sum(total)"}, Query()) == [
                {"all": 2 * large - 2}
            ]
        finally:
            store.close()

    def test_weeks_and_quarters_at_the_ends_of_years(self, sink: Sink) -> None:
        days = [
            date(2018, 12, 31), date(2020, 12, 31), date(2021, 1, 3), date(2021, 1, 4),
            date(2024, 2, 29), date(2026, 6, 30), date(2026, 7, 1), None,
        ]  # fmt: skip
        moments = [day and datetime(day.year, day.month, day.day, 23, 59) for day in days]
        rows = [
            {**row, "day": day, "at": moment}
            for row, day, moment in zip(items(), days, moments, strict=False)
        ]
        weeks = ["2019-W01", "2020-W53", "2020-W53", "2021-W01", "2024-W09", "2026-W27", "2026-W27"]
        quarters = ["2018-Q4", "2020-Q4", "2021-Q1", "2024-Q1", "2026-Q2", "2026-Q3"]
        publish(sink, "weeks", rows)
        store = sink.store()
        try:
            for column in ("day", "at"):
                counts = store.group("items", (f"week({column})",), {"n": "count()"}, Query())
                assert {row[column]: row["n"] for row in counts} == Counter([None, *weeks])
                counts = store.group("items", (f"quarter({column})",), {}, Query())
                assert [row[column] for row in counts] == [None, *quarters]
        finally:
            store.close()

    def test_distinct_values_need_no_metric(self, groups: Store) -> None:
        result = groups.group("items", ("active",), {}, Query())
        assert result == [
            {"active": value} for value in sorted({row["active"] for row in self.rows}, key=rank)
        ]

    @pytest.mark.parametrize(
        ("by", "metrics", "query", "message"), INVALID, ids=[case[3] for case in INVALID]
    )
    def test_an_invalid_group_query_is_reported(
        self,
        groups: Store,
        by: tuple[str, ...],
        metrics: dict[str, str],
        query: Query,
        message: str,
    ) -> None:
        with pytest.raises(CallError, match=message):
            groups.group("items", by, metrics, query)
        with pytest.raises(CallError, match="did you mean 'items'"):
            groups.group("itmes", (), {"n": "count()"}, Query())


def _metrics_of(rows: list[Row]) -> Row:
    def values(column: str) -> list[Any]:
        return [row[column] for row in rows if row[column] is not None]

    def aggregate(function: Callable[[list[Any]], Any], column: str) -> Any:
        return function(cells) if (cells := values(column)) else None

    return {
        "rows": len(rows),
        "spent": aggregate(sum, "amount"),
        "usual": pytest.approx(aggregate(lambda cells: float(sum(cells) / len(cells)), "amount")),
        "least": aggregate(min, "amount"),
        "latest": aggregate(max, "day"),
        "grand": aggregate(sum, "total"),
        "steep": aggregate(sum, "rate"),
        "first": aggregate(lambda cells: min(cells, key=str.encode), "name"),
        "any": aggregate(max, "active"),
        "when": aggregate(max, "seen"),
        "middle": _approximately(quantile_of([float(value) for value in values("amount")], 0.5)),
        "high": _approximately(quantile_of(values("rate"), 0.9)),
        "weighed": _approximately(_weighted_mean(rows)),
        "each": _approximately(_ratio(aggregate(sum, "amount"), len(rows))),
        "share": _approximately(_ratio(aggregate(sum, "rate"), aggregate(sum, "total"))),
        "names": len(set(values("name"))),
        "rates": len(set(values("rate"))),
        "amounts": len(set(values("amount"))),
        "days": len(set(values("day"))),
        "flags": len(set(values("active"))),
    }


def _approximately(value: float | None) -> Any:
    return None if value is None else pytest.approx(value)


def _ratio(dividend: Any, divisor: Any) -> float | None:
    return float(dividend) / float(divisor) if dividend is not None and divisor else None


def _weighted_mean(rows: list[Row]) -> float | None:
    pairs = [
        (row["rate"], float(row["amount"]))
        for row in rows
        if None not in (row["rate"], row["amount"])
    ]
    return (
        _ratio(sum(value * weight for value, weight in pairs), sum(weight for _, weight in pairs))
        if pairs
        else None
    )
