"""The keys of the `sql` source, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from medallion.contracts import SourceItem
from medallion.declaration.models import Source
from medallion.errors import DeclarationError
from medallion.pipeline import Pipeline
from medallion.sources.sql.source import SqlSource

URL = "postgresql://ann:s3cret-word@db:5433/shop?sslpassword=s3cret-word"


def test_its_name_has_no_secrets() -> None:
    assert (
        SqlSource(url=URL, table="sales.orders").label == "postgresql://db:5433/shop sales.orders"
    )
    assert SqlSource(url=URL, query="select 1").label == "postgresql://db:5433/shop query"
    assert "s3cret" not in repr(SqlSource(url=URL, table="orders"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": URL}, "write either `table` or `query`"),
        ({"url": URL, "table": "a", "query": "select 1"}, "write either `table` or `query`"),
        ({"url": URL, "query": "select 1", "columns": ["a"]}, "`columns` is for a `table`"),
        ({"url": "postgre://db/shop", "table": "a"}, "did you mean 'postgres'"),
        ({"url": "postgresql://a:b@c@db/shop", "table": "a"}, "unescaped URL characters"),
        ({"url": URL, "table": "a", "colums": ["a"]}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_keys_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SqlSource.model_validate(fields)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("exclude: x", "`exclude` is for source files, not for 'sql'"),
        ("format: csv", "`format` is for source files, not for 'sql'"),
        ("missing: allow, columns: [a]", "`missing` is for source files, not for 'sql'"),
        ("add: {at: modified}", "`add: at` is a fact about source files; 'sql' has `path`"),
    ],
)
def test_keys_of_files_are_refused(more: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(
        "name: shop\ntables:\n  bronze:\n    orders:\n"
        f'      {{source: {{sql: {{url: "{URL}", table: orders}}}}, {more}}}\n'
        "  gold: {orders: {from: bronze.orders}}\n"
    )
    with pytest.raises(DeclarationError) as caught:
        Pipeline.load(file)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place.endswith(":5:7")


def test_wrong_keys_have_their_place(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(
        "name: shop\ntables:\n  bronze:\n    orders:\n      source:\n        sql:\n"
        f'          url: "{URL}"\n          tabel: orders\n'
        "  gold: {orders: {from: bronze.orders}}\n"
    )
    with pytest.raises(DeclarationError) as caught:
        Pipeline.load(file)
    assert [problem.place.rpartition("yaml:")[2] for problem in caught.value.problems] == ["8:11"]
    assert "s3cret" not in str(caught.value)


def test_a_declaration_in_python_takes_the_mapping() -> None:
    source = Source.model_validate({"source": {"sql": {"url": URL, "table": "orders"}}})
    assert source.pulled == SqlSource(url=URL, table="orders")
    assert source.shown == "postgresql://db:5433/shop orders"
    assert source.patterns == ()


def test_relative_paths_are_only_those_of_files(tmp_path: Path) -> None:
    source = SqlSource(url=URL, table="orders")
    assert source.located(tmp_path) == source


def test_a_statement_may_end_in_a_semicolon() -> None:
    assert SqlSource(url=URL, query="select 1;\n").relation.query == "select 1"
    relation = SqlSource(url=URL, table="sales.orders", columns=("id",)).relation
    assert (relation.schema, relation.table, relation.columns) == ("sales", "orders", ("id",))
    assert SourceItem(relation.label).name == "postgresql://db:5433/shop sales.orders"
