"""Every name of a column that no table has is found before a run, at its place."""

from __future__ import annotations

from pathlib import Path

from medallion.pipeline import Pipeline
from medallion.run.check import check_parts

MISSPELT = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
  silver:
    clients:
      from: bronze.clients
      steps:
        - deduplicate: {key: idd}
        - cast: {id: integer, agee: integer, namee: text}
        - derive: {older: aeg + 1}
      expect:
        - {not_null: [id, town], on_fail: quarantine}
  gold:
    clients:
      from: silver.clients
      steps:
        - sql: |
            select id,
               count(*) as n, max(ages) as oldest
            from clients
            group by id
sinks:
  serving: {url: "sqlite:shop.db", tables: {clients: {key: idx, indexes: [-oldst]}}}
api:
  endpoints:
    /clients: {table: clients, sort: -oldes, filters: [id, nn], fields: [id, m]}
dashboard:
  pages:
    - title: Home
      filters: [country]
      blocks:
        - kpi: {title: n, table: clients, value: sum(nnn)}
        - table: {table: clients, columns: [id, on], sort: -eldest}
"""


def pipeline(folder: Path, text: str) -> Pipeline:
    (folder / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    (folder / "medallion.yaml").write_text(text)
    return Pipeline.load(folder / "medallion.yaml")


def test_all_misspelt_columns_are_found_at_once_each_at_its_place(tmp_path: Path) -> None:
    problems = pipeline(tmp_path, MISSPELT).check().problems
    places = [
        (*map(int, problem.place.rsplit(":", 2)[1:]), problem.message.split("'")[1])
        for problem in problems
    ]
    assert places == [
        (9, 30, "idd"),
        (10, 31, "agee"),
        (10, 46, "namee"),
        (11, 27, "aeg"),
        (13, 27, "town"),
        (20, 35, "ages"),
        (24, 60, "idx"),
        (24, 75, "oldst"),
        (27, 38, "oldes"),
        (27, 60, "nn"),
        (27, 78, "m"),
        (31, 17, "country"),
        (33, 50, "nnn"),
        (34, 49, "on"),
        (34, 60, "eldest"),
    ]
    said = {problem.message for problem in problems}
    assert "no column 'agee'; did you mean 'age'?" in said
    assert "no column 'oldes' in 'clients'; did you mean 'oldest'?" in said


def test_a_valid_declaration_has_typed_columns_and_no_problem(tmp_path: Path) -> None:
    text = MISSPELT
    for wrong, right in {
        "key: idd": "key: id",
        "agee: integer, namee": "age: integer, name",
        "aeg": "age",
        "id, town": "id",
        "max(ages)": "max(age)",
        "key: idx, indexes: [-oldst]": "key: id",
        "-oldes, filters: [id, nn], fields: [id, m]": "-oldest",
        "[country]": "[id]",
        "nnn": "n",
        "[id, on], sort: -eldest": "[id, n]",
    }.items():
        assert wrong in text
        text = text.replace(wrong, right)
    checked = pipeline(tmp_path, text).check()
    assert checked.problems == ()
    columns = checked.tables["gold.clients"].columns
    assert columns is not None
    assert {column.name: column.type for column in columns} == {
        "id": "int64",
        "n": "int64",
        "oldest": "int64",
    }


PARTS = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
  silver:
    clients:
      from: bronze.clients
      steps:
        - cast: {id: integer, agee: integer}
        - derive: {today: current_date}
    bad: {from: bronze.clients, steps: [trimm]}
  gold:
    counts: {from: silver.clients, steps: [{aggregate: {by: name, metrics: {n: count()}}}]}
    bad: {from: silver.bad, steps: [{cast: {anything: text}}]}
sinks:
  serving: {url: "sqlite:shop.db", tables: {counts: {key: idx}}}
api:
  endpoints:
    /clients: {table: counts, sort: -oldest}
    /nothing: {table: count}
"""


def test_columns_are_checked_also_where_other_parts_are_not_valid(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("id,name,age\n1,Ann,30\n")
    (tmp_path / "medallion.yaml").write_text(PARTS)
    problems = check_parts(tmp_path / "medallion.yaml").problems
    assert [(problem.path, problem.message.split("'")[1]) for problem in problems] == [
        ("tables.silver.clients.steps[0].cast", "agee"),
        ("tables.silver.clients.steps[1].derive.today", "current_date"),
        ("tables.silver.bad.steps[0]", "trimm"),
        ("sinks.serving.tables.counts.key", "idx"),
        ("api.endpoints./clients.sort", "oldest"),
        ("api.endpoints./nothing.table", "count"),
    ]


def test_a_cycle_hides_only_columns(tmp_path: Path) -> None:
    text = "name: shop\ntables: {gold: {a: {from: gold.b}, b: {from: gold.a}}}\n"
    (tmp_path / "medallion.yaml").write_text(text)
    (problem,) = check_parts(tmp_path / "medallion.yaml").problems
    assert problem.message == "a cycle: gold.a → gold.b → gold.a"


def test_a_sum_of_a_column_that_is_not_a_number_is_found_at_its_place(tmp_path: Path) -> None:
    """`change` compares sums: the second run would fail on it, the first would not notice."""
    text = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
  silver:
    clients:
      from: bronze.clients
      steps:
        - cast: {age: integer}
      expect:
        - change: {rows: {at_most: 5%}, age: {at_most: 5%}}
        - change: {name: {at_most: 5%}}
sinks: {}
"""
    (problem,) = pipeline(tmp_path, text).check().problems
    assert problem.place.endswith("medallion.yaml:12:19")
    assert problem.message == "'name' is text, and only numbers have a sum"
