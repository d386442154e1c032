"""A column is followed back to source files, and on to what depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import CallError
from medallion.pipeline import Pipeline

YAML = """\
name: shop
tables:
  bronze:
    purchases: {source: "purchases*.csv"}
    clients: {source: clients.csv}
  silver:
    purchases:
      from: bronze.purchases
      steps:
        - cast: {amount: "decimal(12,2)", client: integer}
        - filter: amount > 0
        - derive: {net: amount / 1.2, twice: net * 2}
    clients:
      from: bronze.clients
      steps: [{rename: {id: client}}, {cast: {client: integer}}]
  gold:
    countries:
      from: {purchases: silver.purchases, clients: silver.clients}
      steps:
        - sql: |
            select country, count(*) as n, sum(net) as revenue
            from purchases join clients using (client) group by country
    joined:
      from: silver.purchases
      steps:
        - join: {with: silver.clients, on: client}
        - aggregate: {by: country, metrics: {most: max(twice), rows: count()}}
    opaque:
      from: silver.purchases
      steps: [{python: {function: "json:loads", columns: {score: float64}}}]
sinks: {serving: {url: "sqlite:shop.db", tables: {countries: {key: country}}}}
api:
  endpoints:
    /countries: {table: countries, fields: [country, revenue], sort: -revenue}
    /joined: {table: joined}
dashboard:
  pages:
    - {title: Home, blocks: [{kpi: {title: Revenue, table: countries, value: sum(revenue)}}]}
"""


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    (tmp_path / "purchases1.csv").write_text("client,amount\n1,2.50\n")
    (tmp_path / "clients.csv").write_text("id,country\n1,France\n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    return Pipeline.load(tmp_path / "medallion.yaml")


def test_a_column_of_a_query_is_followed_to_its_files(pipeline: Pipeline) -> None:
    lineage = pipeline.lineage("gold.countries.revenue")
    assert [(str(column.name), column.type) for column in lineage.upstream] == [
        ("silver.purchases.net", "float64"),
        ("bronze.purchases.amount", "text"),
    ]
    (expression,) = lineage.column.derivation.expressions
    assert (expression.step, expression.text) == ("steps[0].sql", "SUM(purchases.net)")
    assert lineage.upstream[1].files == "purchases*.csv"
    assert [(use.path, use.place.rsplit(":", 2)[1:]) for use in lineage.uses] == [
        ("api.endpoints./countries.sort[0]", ["34", "70"]),
        ("api.endpoints./countries.fields[1]", ["34", "54"]),
        ("dashboard.pages[0].blocks[0].kpi.value", ["38", "78"]),
    ]


def test_rows_are_followed_where_a_figure_counts_them(pipeline: Pipeline) -> None:
    lineage = pipeline.lineage("gold.joined.rows")
    assert [str(column.name) for column in lineage.upstream] == [
        "the rows of silver.purchases",
        "the rows of bronze.purchases",
    ]
    assert lineage.upstream[-1].files == "purchases*.csv"
    assert [use.path for use in lineage.uses] == ["api.endpoints./joined"]


def test_a_column_is_followed_to_all_that_depends_on_it(pipeline: Pipeline) -> None:
    lineage = pipeline.lineage("bronze.purchases.amount")
    assert {str(column.name) for column in lineage.downstream} == {
        "silver.purchases.amount",
        "silver.purchases.net",
        "silver.purchases.twice",
        "gold.countries.revenue",
        "gold.joined.most",
    }
    assert lineage.rows == ("silver.purchases",)
    assert pipeline.lineage("bronze.clients.id").rows == ("gold.countries", "gold.joined")
    country = pipeline.lineage("bronze.clients.country")
    assert {use.path for use in country.uses} >= {
        "sinks.serving.tables.countries.key[0]",
        "api.endpoints./countries.fields[0]",
        "api.endpoints./joined",
    }


def test_a_column_that_cannot_be_followed_says_so(pipeline: Pipeline) -> None:
    derivation = pipeline.lineage("gold.opaque.score").column.derivation
    assert derivation.unknown == "steps[0].python cannot be followed"
    assert [str(name) for name in derivation.inputs] == ["the rows of silver.purchases"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "gold.countries.revenu",
            "no column 'revenu' in 'gold.countries'; did you mean 'revenue'?",
        ),
        ("gold.country.revenue", "'gold.country.revenue' does not begin with a table"),
    ],
)
def test_an_unknown_column_is_named(pipeline: Pipeline, column: str, message: str) -> None:
    with pytest.raises(CallError) as caught:
        pipeline.lineage(column)
    assert caught.value.message.startswith(message)
