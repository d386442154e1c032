"""Lineage is true: another value in a source column changes only what depends on that column."""

from __future__ import annotations

from pathlib import Path

from medallion.declaration.models import Table
from medallion.pipeline import Pipeline

LAW = """\
name: law
tables:
  bronze: {t: {source: t.csv}, u: {source: u.csv}}
  silver:
    t:
      from: bronze.t
      steps:
        - cast: {a: integer, b: integer, c: integer, d: integer}
        - deduplicate: {key: id, order_by: d}
        - derive: {ab: a + b, twice: ab * 2, label: "upper(e)"}
        - window: {by: k, order_by: id, columns: {share: share(c)}}
    u: {from: bronze.u, steps: [{rename: {name: label}}]}
  gold:
    sums:
      from: silver.t
      steps: [{aggregate: {by: k, metrics: {s: sum(twice), n: count(), m: max(label)}}}]
    joined:
      from: silver.t
      steps:
        - {join: {with: silver.u, on: k, columns: [town]}}
        - {select: [id, town, share]}
    asked:
      from: {t: silver.t, u: silver.u}
      steps:
        - sql: |
            with x as (select k, a, c from t where b < 100)
            select u.label, sum(x.a) as a, max(x.c) filter (where x.c > 1) as c
            from x join u using (k) group by u.label
    wide: {from: silver.t, steps: [{unpivot: {columns: [a, b]}}, {select: [id, metric, value]}]}
    tall: {from: silver.t, steps: [{pivot: {by: k, name: e, values: [x, y], value: c}}]}
sinks: {}
"""
T = ["id,k,a,b,c,d,e", "1,p,1,2,3,4,x", "1,p,5,6,7,3,y", "2,p,2,1,2,1,x", "3,q,4,4,4,4,y"]
U = ["k,name,town", "p,P,Oslo", "q,Q,Rome"]
CHANGED = {"id": "9", "k": "p", "e": "x", "name": "Z", "town": "Bonn"}


def gold(folder: Path, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """The values of every gold column, sorted."""
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (folder / "medallion.yaml").write_text(LAW)
    pipeline = Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    rows = {
        name: pipeline.lake.table(f"gold.{name}").to_arrow().to_pydict()
        for name in pipeline.declaration.tables["gold"]
    }
    return {
        f"gold.{name}.{column}": sorted(map(str, values))
        for name, frame in rows.items()
        for column, values in frame.items()
    }


def test_a_column_changes_only_what_lineage_says(tmp_path: Path) -> None:
    """Another value in one source column changes no column that does not depend on it."""
    before = gold(tmp_path, {"t": T, "u": U})
    pipeline = Pipeline.load(tmp_path / "medallion.yaml")
    reads = {name: set(table.reads().values()) for name, table in _tables(pipeline)}
    for source, lines in (("t", T), ("u", U)):
        header, first, *others = (line.split(",") for line in lines)
        for place, column in enumerate(header):
            first_changed = [*first]
            first_changed[place] = CHANGED.get(column, "8")
            changed = [",".join(fields) for fields in (header, first_changed, *others)]
            lineage = pipeline.lineage(f"bronze.{source}.{column}")
            rows = set(lineage.rows)
            for name, read in reads.items():  # in the order of layers
                rows |= {name} if rows & read else set()
            depends = {str(each.name) for each in lineage.downstream}
            after = gold(tmp_path, {"t": T, "u": U, source: changed})
            for name, values in after.items():
                if name not in depends and name.rpartition(".")[0] not in rows:
                    assert values == before[name], (column, name)
            assert depends


def _tables(pipeline: Pipeline) -> list[tuple[str, Table]]:
    names = pipeline.declaration.names()
    tables = ((name, pipeline.declaration.table(name)) for name in names)
    return [(name, table) for name, table in tables if isinstance(table, Table)]
