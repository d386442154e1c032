"""A small lake with rejects and descriptions, of whose runs a gate has stopped the last."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import medallion as md
from medallion.errors import GateError

YAML = """\
name: till
lake: lake
tables:
  bronze:
    sales: {source: "data/*.csv", description: As exported.}
  silver:
    sales:
      description: One row <per> sale.
      column_descriptions: {amount: "In euros, with tax"}
      from: bronze.sales
      steps: [{cast: {amount: "decimal(12,2)", day: date}}]
      expect:
        - {between: {amount: [0, 1000]}, on_fail: quarantine}
        - {not_null: day, on_fail: warn}
        - {quarantined: {at_most: 90%}}
  gold:
    totals:
      description: Sales by country.
      from: silver.sales
      steps: [{aggregate: {by: country, metrics: {total: sum(amount), sales: count()}}}]
sinks:
  serving: {url: "sqlite:serving.db", tables: {totals: {key: country}}}
"""
FIRST = "country,amount,day\nFrance,10.5,2024-01-01\nSpain,x,2024-01-02\nFrance,2,\n"
SECOND = "country,amount,day\nItaly,5000,2024-02-01\nItaly,7,2024-02-02\n"


def write(folder: Path) -> md.Pipeline:
    """The project, with two releases, a run with nothing new, and one that a gate has stopped."""
    (folder / "data").mkdir(parents=True)
    config = folder / "medallion.yaml"
    config.write_text(YAML)
    (folder / "data/first.csv").write_text(FIRST)
    md.Pipeline.load(config).run()
    (folder / "data/second.csv").write_text(SECOND)
    md.Pipeline.load(config).run()
    md.Pipeline.load(config).run()
    config.write_text(YAML.replace("90%", "1%"))
    with suppress(GateError):
        md.Pipeline.load(config).run()
    config.write_text(YAML)
    return md.Pipeline.load(config)
