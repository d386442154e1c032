"""The columns of tables are known before a run, also where there are no rows to compute."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

import medallion as md
from medallion.contracts import Grain, Inputs, Transform
from medallion.pipeline import Pipeline

if TYPE_CHECKING:
    from medallion.contracts import Relation


def pipeline(folder: Path, text: str) -> Pipeline:
    (folder / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    (folder / "medallion.yaml").write_text(text)
    return Pipeline.load(folder / "medallion.yaml")


PYTHON = """\
name: shop
tables:
  bronze: {{clients: {{source: clients.csv}}}}
  silver:
    clients: {{from: bronze.clients, steps: [{{python: {step}}}]}}
  gold:
    clients: {{from: silver.clients, steps: [{{cast: {{segmentt: integer}}}}]}}
"""


@pytest.mark.parametrize(
    ("step", "problems"),
    [
        ("json:loads", []),
        (
            "{function: 'json:loads', columns: {segment: text}}",
            ["no column 'segmentt'; did you mean 'segment'?"],
        ),
        (
            "{function: 'json:dumpss', columns: {segment: text}}",
            ["json:dumpss: json has no 'dumpss'; did you mean 'dumps'?"],
        ),
    ],
)
def test_what_lies_behind_python_is_known_where_it_is_declared(
    tmp_path: Path, step: str, problems: list[str]
) -> None:
    checked = pipeline(tmp_path, PYTHON.format(step=step)).check()
    assert [problem.message for problem in checked.problems] == problems
    if not problems:
        assert checked.tables["gold.clients"].columns is None
        assert checked.tables["silver.clients"].unknown == "they depend on its step 'python'"
        assert checked.tables["gold.clients"].unknown == "those of silver.clients are not"


NO_ROWS = """\
name: shop
tables:
  bronze:
    clients: {{source: clients.csv}}
  silver:
    clients: {{from: bronze.clients, steps: [{{cast: {{id: integer, age: integer}}}}]}}
  gold:
    figures:
      from: silver.clients
      steps:
        - sql: select {figure} as figure from clients
      expect:
        - {{not_null: figure}}
        - {{expression: {figure_rule}}}
"""


@pytest.mark.parametrize(
    ("figure", "type_"),
    [
        ("round(100.0 * count(*) filter (where age > 5) / count(*), 1)", "float64"),
        ("10 / count(*)", "float64"),
        ("10 // count(*)", "int64"),
        ("case when count(*) = 0 then error('empty') else 1 end", "int32"),
        ("(coalesce(max(name), 'none') || '1')::integer", "int32"),
        ("1 / (select count(*) from clients)", "float64"),
    ],
)
def test_what_cannot_be_computed_without_rows_is_no_fault(
    tmp_path: Path, figure: str, type_: str
) -> None:
    rule = "figure > 1 / (figure * 0 + 1)"
    shop = pipeline(tmp_path, NO_ROWS.format(figure=figure, figure_rule=rule))
    checked = shop.check()
    assert checked.problems == ()
    (column,) = checked.tables["gold.figures"].columns or ()
    assert (column.name, column.type) == ("figure", type_)


class FirstRow(Transform):
    """Fails on tables without rows, in one of the ways in which a third party's code may."""

    name: ClassVar[str] = "first_row"
    grain: ClassVar[Grain] = "new"
    way: str

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        if self.way == "python":
            value = rows.project("age").fetchall()[0][0]
        else:
            query = "select 1 // count(*) from rows"
            value = inputs.sql(query, rows=rows).fetchall()[0][0]
        return rows.project(f"{int(value)} as first")


@pytest.mark.parametrize("way", ["python", "sql"])
def test_a_plugin_that_fails_without_rows_hides_only_columns(tmp_path: Path, way: str) -> None:
    (tmp_path / "clients.csv").write_text("id,age\n1,30\n")
    declaration = md.Declaration(
        name="shop",
        tables={
            "bronze": {"clients": md.Source(source="clients.csv")},
            "gold": {"first": md.Table(from_="bronze.clients", steps=[FirstRow(way=way)])},
        },
    )
    checked = Pipeline(declaration, base=tmp_path).check()
    assert checked.problems == ()
    assert checked.tables["gold.first"].columns is None
    assert checked.tables["gold.first"].unknown == "they depend on its step 'first_row'"


def test_a_column_whose_change_is_limited_must_be_there(tmp_path: Path) -> None:
    text = NO_ROWS.format(figure="count(*)", figure_rule="figure > 0")
    text += "        - {change: {rows: {at_most: 20%}, figur: {at_most: 20%}}}\n"
    (problem,) = pipeline(tmp_path, text).check().problems
    assert problem.message == "no column 'figur'; did you mean 'figure'?"
    assert problem.path == "tables.gold.figures.expect[2].change"


def test_no_server_is_asked_for_source_files(tmp_path: Path) -> None:
    requests: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever).start()
        options = {
            "endpoint_url": f"http://127.0.0.1:{server.server_port}",
            "key": "key",
            "secret": "secret",
        }
        declaration = md.Declaration(
            name="shop", tables={"bronze": {"clients": md.Source(source="s3://bucket/in/*.csv")}}
        )
        try:
            checked = Pipeline(declaration, base=tmp_path, options=options).check()
        finally:
            server.shutdown()
    assert checked.tables["bronze.clients"].unknown == "its files are not on this machine"
    assert requests == []


@pytest.mark.parametrize(
    "part",
    [
        "steps: [{sql: \"select strptime(name, '%Q') as day from clients\"}]",
        "steps: [{derive: {day: \"strptime(name, '%Q')\"}}]",
        "expect: [{expression: \"strptime(name, '%Q') is null\"}]",
    ],
)
def test_what_no_value_fits_is_a_fault(tmp_path: Path, part: str) -> None:
    text = "name: shop\ntables:\n  bronze: {clients: {source: clients.csv}}\n"
    text += f"  gold:\n    clients:\n      from: bronze.clients\n      {part}\n"
    assert len(pipeline(tmp_path, text).check().problems) == 1
