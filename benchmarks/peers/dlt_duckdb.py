"""The shop with dlt: it loads the files into DuckDB, where SQL written by hand does the rest.

`dlt_duckdb.py DATA OUT`, in an environment of its own (requirements-dlt.txt). It leaves out what
dlt and DuckDB do not keep: the source's bytes, records that do not fit the header, the file and
record of a row, and releases. Prints the counts as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import duckdb
from duckdb_sql import CLEAN, CLIENTS, DAY, MONEY, PURCHASES, csv, gold_tables, run, settle

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 500_000


@dlt.resource(write_disposition="replace")
def records(files: list[Path]) -> Iterator[pa.RecordBatch]:
    """The records of files with their number, as text."""
    with duckdb.connect() as connection:
        yield from connection.sql(csv(files)).to_arrow_reader(BATCH)


def main(data: Path, out: Path) -> None:
    for folder in ("silver", "gold", "quarantine"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    database = out / "shop.duckdb"
    pipeline = dlt.pipeline(
        "shop",
        pipelines_dir=str(out / "dlt"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="raw",
    )
    purchases = sorted((data / "purchases").glob("*.csv"))
    pipeline.run(
        [
            records([data / "clients.csv"]).with_name("clients"),
            records(purchases).with_name("purchases"),
        ],
        loader_file_format="parquet",
    )
    with duckdb.connect(str(database)) as con:
        run(con, "set memory_limit = '3GB'; set enable_progress_bar = false")
        for macro in (CLEAN, DAY, MONEY):
            run(con, macro)
        print(json.dumps(work(con, out)))


def work(con: duckdb.DuckDBPyConnection, out: Path) -> dict[str, Any]:
    run(con, CLIENTS.format(source="select * from raw.clients"))
    clients = settle(con, out, "clients", "client_id", "name, email, country, signup_date")
    run(con, PURCHASES.format(source="select * from raw.purchases"))
    columns = "client_id, product, quantity, amount, purchase_date, channel"
    derived = (
        "year(purchase_date) as year, strftime(purchase_date, '%Y-%m') as month, "
        "dayname(purchase_date) as weekday"
    )
    purchases = settle(con, out, "purchases", "purchase_id", columns, derived)
    return {"clients": clients, "purchases": purchases, "gold": gold_tables(con, out)}


if __name__ == "__main__":
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    main(Path(sys.argv[1]), Path(sys.argv[2]))
