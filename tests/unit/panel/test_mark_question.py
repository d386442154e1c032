"""What a click asks: in the lake, the rows of each mark give the figure that the mark shows."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.card import Card
from medallion_panel.pages.mark_question import MarkQuestion, mark_question
from medallion_panel.ui.mark_clicks import WHOLE
from tests.panel.pipelines import published
from tests.unit.panel.tables import FORMATS, block_of

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

LANDS = ("France", "O'Neill's", None, "FR", "Japan")
ROWS = [
    {
        "id": number,
        "land": LANDS[number % 5],
        "shop": f"Shop {number % 9}",
        "month": f"2024-{number % 7 + 1:02}",
        "day": date(2023, 12, 20 + number % 12),
        "money": Decimal(number * 7 % 50) + Decimal("0.25"),
        "part": None if number % 11 == 0 else number / 10,
    }
    for number in range(60)
]
TABLE = pa.Table.from_pylist(ROWS, pa.schema([
    ("id", pa.int64()), ("land", pa.string()), ("shop", pa.string()), ("month", pa.string()),
    ("day", pa.date32()), ("money", pa.decimal128(12, 2)), ("part", pa.float64()),
]))  # fmt: skip
Ask = Callable[..., list[MarkQuestion]]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    return published(tmp_path_factory.mktemp("marks"), {"t": TABLE}, {"t": "id"})


@pytest.fixture
def store(pipeline: md.Pipeline) -> Iterator[CachedStore]:
    store = CachedStore(pipeline.store())
    yield store
    store.pool.shutdown()


@pytest.fixture
def ask(pipeline: md.Pipeline, store: CachedStore) -> Ask:
    """Clicks all marks of a block, with the filters of a page."""

    def ask(*filters: Filter, **kind: Any) -> list[MarkQuestion]:
        card = Card(block_of(**kind), pipeline, FORMATS, lambda: None, 0)
        context = BlockContext(store, FORMATS, filters)
        if card.rows is not None:
            card.rows.set({}, context)
        content = card.read(context)
        assert not content.message
        card.show(content)
        assert content.value is not None
        questions = [mark_question(card, number) for number in range(content.value.marks.count)]
        assert mark_question(card, len(questions)) is None
        return [question for question in questions if question is not None]

    return ask


def figures(pipeline: md.Pipeline, questions: list[MarkQuestion], sql: str) -> list[Any]:
    """The figure of each question over the rows of the lake that it asks."""
    rows = pipeline.lake.table("gold.t").scan()
    return [
        value
        for each in questions
        for (value,) in rows.filter(each.origin.condition or "true").aggregate(sql).fetchall()
    ]


SUM = {"table": "t", "y": "sum(money)"}
CHARTS = [
    ("bar", {**SUM, "x": "land"}),
    ("bar", {**SUM, "x": "land", "by": "shop", "series": 3}),
    ("bar", {**SUM, "x": "day"}),
    ("bar", {**SUM, "x": "bin(part, 0.1)"}),
    ("line", {**SUM, "x": "bin(part, 0.3)"}),
    ("line", {**SUM, "x": "month(day)", "by": "land"}),
    ("line", {**SUM, "x": "month"}),
    ("area", {**SUM, "x": "month", "by": "shop"}),
    ("line", {**SUM, "x": "month", "show": "total"}),
    ("heatmap", {"table": "t", "x": "month", "y": "land", "value": "sum(money)"}),
    ("map", {"table": "t", "country": "land", "value": "sum(money)"}),
]


@pytest.mark.parametrize(("kind", "settings"), CHARTS, ids=[kind for kind, _ in CHARTS])
@pytest.mark.parametrize(
    "filters", [(), (Filter("id", "gte", 20), Filter("land", "isnull", False))]
)
def test_the_rows_of_a_mark_give_its_figure(
    pipeline: md.Pipeline, ask: Ask, kind: str, settings: Any, filters: tuple[Filter, ...]
) -> None:
    questions = ask(*filters, **{kind: settings})
    write = FORMATS.writer("decimal", short=True)
    assert len(questions) > 1
    traced = [write(value) for value in figures(pipeline, questions, "sum(money)")]
    assert traced == [question.shown for question in questions]


def test_all_marks_together_are_all_rows(pipeline: md.Pipeline, ask: Ask) -> None:
    histogram = {"table": "t", "column": "part", "bins": 7}
    for kind in (
        {"bar": {**SUM, "x": "shop", "by": "land", "series": 2}},
        {"scatter": {"table": "t", "x": "part", "y": "id", "by": "land"}},
        {"table": {"table": "t", "columns": ["land", "part"], "page_size": 100}},
    ):
        assert {1, *figures(pipeline, ask(**kind), "count(*)")} != {1, 0}
    counts = figures(pipeline, ask(histogram=histogram), "count(*)")
    assert sum(counts) == sum(row["part"] is not None for row in ROWS)
    points = ask(scatter={"table": "t", "x": "part", "y": "id"})
    assert figures(pipeline, points, "count(*)") == [1] * len(points)


def test_the_rows_of_an_average_and_a_growth_are_those_of_several_periods(
    pipeline: md.Pipeline, ask: Ask
) -> None:
    total = "count(distinct month)"
    average = ask(line={**SUM, "x": "month", "show": "average", "window": 3})
    assert figures(pipeline, average, total) == [1, 2, 3, 3, 3, 3, 3]
    growth = ask(line={**SUM, "x": "month", "show": "growth"})
    assert figures(pipeline, growth, total) == [2] * 6


def test_a_row_is_asked_by_its_key(pipeline: md.Pipeline, ask: Ask) -> None:
    rows = ask(table={"table": "t", "sort": "-id", "page_size": 5})
    assert [question.title for question in rows] == [f"Id {number}" for number in range(59, 54, -1)]
    assert figures(pipeline, rows, "min(id)") == [59, 58, 57, 56, 55]
    assert set(figures(pipeline, rows, "count(*)")) == {1}


def test_a_question_says_what_was_clicked(pipeline: md.Pipeline, ask: Ask) -> None:
    (france, *_) = ask(
        Filter("id", "lt", 30), bar={**SUM, "x": "land", "title": "Lands", "sort": "-y"}
    )
    assert france.title.endswith(" · Money")
    assert france.block == "Lands"
    assert france.origin.release == pipeline.lake.current().id  # type: ignore[union-attr]
    words = shlex.split(france.command)
    assert words[:3] == ["medallion", "why", "gold.t"]
    assert words[words.index("--where") + 1] == france.origin.condition
    assert words[words.index("--column") + 1] == "money"
    assert france.origin.condition.startswith('"id" < 30 and "land" in (')
    assert "France" in france.parts


def test_a_whole_block_is_all_that_the_filters_leave(
    pipeline: md.Pipeline, store: CachedStore
) -> None:
    card = Card(
        block_of(kpi={"table": "t", "value": "count()", "title": "Rows"}),
        pipeline, FORMATS, lambda: None, 0,
    )  # fmt: skip
    assert mark_question(card, WHOLE) is None  # nothing is shown yet
    card.show(card.read(BlockContext(store, FORMATS, (Filter("shop", "eq", "Shop 1"),))))
    question = mark_question(card, WHOLE)
    assert question is not None
    assert (question.title, question.parts) == ("Rows", ())
    assert question.origin.condition == "\"shop\" = 'Shop 1'"
    text = Card(block_of(markdown={"text": "x"}), pipeline, FORMATS, lambda: None, 1)
    assert mark_question(text, WHOLE) is None


def test_nanoseconds_are_traced_although_stores_truncate_them(
    tmp_path: Path,
) -> None:
    moments = pa.array([1_711_929_599_999_999_999, -1_001, 86_400_000_000_000], pa.timestamp("ns"))
    table = pa.table({"id": [1, 2, 3], "moment": moments, "money": [1.0, 2.0, 4.0]})
    pipeline = published(tmp_path, {"t": table}, {"t": "id"})
    store = CachedStore(pipeline.store())
    shown = []
    for kind in ("line", "bar"):
        card = Card(block_of(**{kind: {**SUM, "x": "moment"}}), pipeline, FORMATS, lambda: None, 0)
        card.show(card.read(BlockContext(store, FORMATS)))
        questions = [mark_question(card, number) for number in range(3)]
        shown.append(figures(pipeline, [each for each in questions if each], "sum(money)"))
    store.pool.shutdown()
    assert shown == [[2.0, 4.0, 1.0]] * 2


def test_a_mark_is_traced_in_the_release_whose_figures_are_shown(tmp_path: Path) -> None:
    pipeline = published(tmp_path, {"t": TABLE}, {"t": "id"})
    store = CachedStore(pipeline.store())
    context = BlockContext(store, FORMATS, (Filter("land", "isnull", False),))
    kinds: dict[str, Any] = {
        **dict(CHARTS),
        "histogram": {"table": "t", "column": "part", "bins": 10},
        "scatter": {"table": "t", "x": "part", "y": "id", "by": "land"},
        "table": {"table": "t", "columns": ["land", "part"]},
        "kpi": {"table": "t", "value": "sum(money)"},
    }
    cards = [
        Card(block_of(**{kind: block}), pipeline, FORMATS, lambda: None, number)
        for number, (kind, block) in enumerate(kinds.items())
    ]
    for card in cards:
        if card.rows is not None:
            card.rows.set({}, context)
        card.show(card.read(context))
    former = [[mark_question(card, number) for number in (WHOLE, 0)] for card in cards]
    first = store.last_release().id
    pq.write_table(TABLE.select(["id", "shop", "month"]), tmp_path / "data/t.parquet")
    md.Pipeline.load(tmp_path / "medallion.yaml").run()
    assert store.release().id != first
    for card, questions in zip(cards, former, strict=True):
        again = [mark_question(card, number) for number in (WHOLE, 0)]
        assert [each and each.origin for each in again] == [
            each and each.origin for each in questions
        ]
        assert {each.origin.release for each in again if each} == {first}
    store.pool.shutdown()


def test_a_card_is_read_again_when_a_release_is_published_meanwhile(tmp_path: Path) -> None:
    pipeline = published(tmp_path, {"t": TABLE}, {"t": "id"})

    class Publishing(CachedStore):
        """Publishes a release within the first query of groups."""

        def group(self, *values: Any) -> Any:
            rows = super().group(*values)
            if self.last_release().id == first:
                pq.write_table(TABLE.slice(0, 10), tmp_path / "data/t.parquet")
                md.Pipeline.load(tmp_path / "medallion.yaml").run()
                self.release()
            return rows

    store = Publishing(pipeline.store())
    first = store.release().id
    card = Card(block_of(bar={**SUM, "x": "land"}), pipeline, FORMATS, lambda: None, 0)
    content = card.read(BlockContext(store, FORMATS))
    card.show(content)
    question = mark_question(card, 0)
    assert question is not None
    assert question.origin.release == store.last_release().id != first
    traced = [each for number in range(5) if (each := mark_question(card, number))]
    write = FORMATS.writer("decimal", short=True)
    assert [write(value) for value in figures(pipeline, traced, "sum(money)")] == [
        each.shown for each in traced
    ]
    store.pool.shutdown()
