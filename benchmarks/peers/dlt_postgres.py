"""A table of PostgreSQL with dlt: its SQL source loads it into DuckDB, in batches of Arrow.

`dlt_postgres.py URL TABLE OUT`, in an environment of its own (requirements-dlt.txt), which has the
SQLAlchemy that dlt's source needs. Prints the number of rows as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import dlt
import duckdb
from dlt.sources.sql_database import sql_table

BATCH = 100_000


def main(url: str, name: str, out: Path) -> None:
    database = out / "orders.duckdb"
    pipeline = dlt.pipeline(
        "orders",
        pipelines_dir=str(out / "dlt"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="raw",
    )
    table = sql_table(
        credentials=url.replace("postgresql://", "postgresql+psycopg://"),
        table=name,
        chunk_size=BATCH,
        backend="pyarrow",
    )
    pipeline.run(table, write_disposition="replace", loader_file_format="parquet")
    with duckdb.connect(str(database)) as connection:
        ((rows,),) = connection.table(f"raw.{name}").count("*").fetchall()
        print(json.dumps(rows))


if __name__ == "__main__":
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
