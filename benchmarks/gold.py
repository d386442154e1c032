"""Rows and revenue of every gold table in a lake, as JSON: `gold.py LAKE`.

A process of its own, because a child's peak memory begins at its parent's, which must stay small.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

TABLES = ("clients_stats", "product_stats", "monthly_stats", "country_stats", "sales", "summary")


def main(lake: Path) -> None:
    gold = {}
    with duckdb.connect() as con:
        for name in TABLES:
            money = "total_spent" if name == "clients_stats" else "revenue"
            query = f"select count(*), sum({money}) from '{lake}/gold/{name}.parquet'"
            rows, revenue = con.execute(query).fetchall()[0]
            gold[name] = {"rows": rows, "revenue": str(revenue)}
    print(json.dumps(gold))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
