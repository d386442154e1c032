"""The shop's work as an expert would write it by hand in DuckDB SQL: `duckdb_sql.py DATA OUT`.

Every file is read once, typed and checked in one pass, and staged once. Duplicate keys are found by
a count before any window runs. Rejected rows are kept with their reason and original columns.
Prints the counts as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from ends import keep, serve

# Nearly every text is clean already, which two tests find faster than trimming.
CLEAN = """
create macro clean(t) as case when t > ' ' and strlen(t) = length(t) and t not like ' %'
    and t not like '% ' then t
    else nullif(trim(t, chr(160) || e' \\t\\r\\n'), '') end
"""
DAY = """
create macro day(t) as case when t[3] = '/' then try_cast(try_strptime(t, '%d/%m/%Y') as date)
    when t[5] = '-' then try_cast(t as date) end
"""
# DuckDB would read '1_000' as 1000.
MONEY = (
    "create macro money(t) as case when not contains(t, '_') then try_cast(t as decimal(12,2)) end"
)

# The original columns are kept of faulty rows alone: a CASE packs nothing for the others.
CLIENTS = """
create temp table staged_clients as
with cleaned as (
    select *, clean(client_id) as id_, clean(name) as name_, clean(email) as email_,
        clean(country) as country_,
        clean(signup_date) as day_ from ({source})
), typed as (
    select *, try_cast(id_ as bigint) as id, day(day_) as signup from cleaned
), judged as (
    select *, case when id is null and id_ is not null then 'cast client_id'
                   when signup is null and day_ is not null then 'cast signup_date' end as refused,
        case when country_ is null then 'not_null country' end as broken
    from typed
)
select n, id as client_id, name_ as name, email_ as email, country_ as country,
    signup as signup_date, refused, broken,
    case when refused is not null or broken is not null
         then struct_pack(filename, client_id, name, email, country, signup_date) end as raw
from judged
"""
PURCHASES = """
create temp table staged_purchases as
with cleaned as (
    select *, clean(purchase_id) as id_, clean(client_id) as client_, clean(product) as product_,
        clean(quantity) as quantity_, clean(amount) as amount_, clean(purchase_date) as day_,
        clean(channel) as channel_
    from ({source})
), typed as (
    select *, try_cast(id_ as bigint) as id, try_cast(client_ as bigint) as client,
        try_cast(quantity_ as bigint) as pieces, money(amount_) as price,
        day(day_) as bought from cleaned
), judged as (
    select *, case when id is null and id_ is not null then 'cast purchase_id'
                   when client is null and client_ is not null then 'cast client_id'
                   when pieces is null and quantity_ is not null then 'cast quantity'
                   when price is null and amount_ is not null then 'cast amount'
                   when bought is null and day_ is not null
                       then 'cast purchase_date' end as refused,
        case when price is null then 'not_null amount' when price <= 0 then 'between amount'
             when client not in (select client_id from clients)
                 then 'references client_id' end as broken
    from typed
)
select n, id as purchase_id, client as client_id, product_ as product, pieces as quantity,
    price as amount,
    bought as purchase_date, channel_ as channel, refused, broken,
    case when refused is not null or broken is not null
         then struct_pack(filename, purchase_id, client_id, product, quantity, amount,
             purchase_date, channel)
    end as raw
from judged
"""
# The last row in file order is kept. That order is `n`, not the rowid of a staged table. Only
# duplicate keys are ordered and compared.
LOSERS = """
create temp table lost_{table} as
with good as (select n, {key}, {columns} from staged_{table} where refused is null),
twice as (select {key} from good group by {key} having count(*) > 1),
ranked as (
    select n, row_number() over last as place,
        ({columns}) is not distinct from (first_value(({columns})) over last) as same
    from good semi join twice using ({key}) window last as (partition by {key} order by n desc)
)
select n, case when same then 'exact duplicate' else 'conflicting duplicate' end as fate
    from ranked where place > 1
"""
GOLD = {
    "clients_stats": """
        select client_id, name, c.country, count(p.client_id) as purchases,
            coalesce(sum(amount), 0)::decimal(18,2) as total_spent, avg(amount)::double as average,
            min(purchase_date) as first_purchase, max(purchase_date) as last_purchase
        from clients c left join purchases p using (client_id) group by all""",
    "product_stats": """
        select product, count(*) as purchases, sum(quantity) as quantity,
            sum(amount)::decimal(18,2) as revenue,
            avg(amount)::double as average, count(distinct client_id) as clients
            from purchases group by all""",
    "monthly_stats": """
        select month, count(*) as purchases, sum(amount)::decimal(18,2) as revenue,
            avg(amount)::double as average,
            count(distinct client_id) as clients from purchases group by all""",
    "country_stats": """
        select country, count(*) as purchases, sum(amount)::decimal(18,2) as revenue,
            avg(amount)::double as average,
            count(distinct client_id) as clients from purchases
            join clients using (client_id) group by all""",
    "sales": """
        select month, weekday, product, count(*) as purchases, sum(quantity)::bigint as quantity,
            sum(amount)::decimal(18,2) as revenue from purchases group by all""",
    "summary": """
        select sum(amount)::decimal(18,2) as revenue, count(*) as purchases,
            (select count(*) from clients) as clients,
            count(distinct product) as products, count(distinct country) as countries,
            count(distinct month) as months,
            min(purchase_date) as first_day, max(purchase_date) as last_day
        from purchases join clients using (client_id)""",
}


def main(data: Path, out: Path) -> None:
    keep(data, out)
    for folder in ("silver", "gold", "quarantine"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as spill, duckdb.connect() as con:
        run(
            con,
            f"set memory_limit = '3GB'; set temp_directory = '{spill}'; "
            "set enable_progress_bar = false",
        )
        for macro in (CLEAN, DAY, MONEY):
            run(con, macro)
        run(con, CLIENTS.format(source=csv([data / "clients.csv"])))
        clients = settle(con, out, "clients", "client_id", "name, email, country, signup_date")
        run(con, PURCHASES.format(source=csv(sorted((data / "purchases").glob("*.csv")))))
        columns = "client_id, product, quantity, amount, purchase_date, channel"
        derived = (
            "year(purchase_date) as year, strftime(purchase_date, '%Y-%m') as month, "
            "dayname(purchase_date) as weekday"
        )
        purchases = settle(con, out, "purchases", "purchase_id", columns, derived)
        torn = f"select s.file_path, e.line, any_value(e.csv_line) as row from {TORN} group by all"
        copy(con, torn, out / "quarantine/format.parquet")
        for name, counts in (("clients", clients), ("purchases", purchases)):
            counts["quarantined"]["format"] = torn_records(con, name)
        gold = gold_tables(con, out)
    print(json.dumps({"clients": clients, "purchases": purchases, "gold": gold}))


SERVED = {"clients_stats": "total_spent * 100 as total_spent"}
TORN = "reject_errors e join reject_scans s using (scan_id, file_id)"


def run(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def copy(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    run(con, f"copy ({query}) to '{target}' (format parquet)")


def csv(files: list[Path]) -> str:
    """A query of all records in file order, as numbered text.

    Files with equal headers are read together.
    """
    reads = []
    for header, group in groupby(
        files, key=lambda file: file.open(encoding="utf-8").readline().strip()
    ):
        columns = ", ".join(f"'{name}': 'varchar'" for name in header.split(","))
        paths = ", ".join(f"'{file}'" for file in group)
        reads.append(
            f"from read_csv([{paths}], columns = {{{columns}}}, auto_detect = false, "
            "header = true, delim = ',', "
            "quote = '\"', escape = '\"', filename = true, store_rejects = true)"
        )
    return f"select *, row_number() over () as n from ({' union all by name '.join(reads)})"


def settle(
    con: duckdb.DuckDBPyConnection, out: Path, table: str, key: str, columns: str, derived: str = ""
) -> Any:
    """Deduplicate a staged table, write it and its rejects, make a view of it, and count."""
    run(con, LOSERS.format(table=table, key=key, columns=columns))
    silver = out / f"silver/{table}.parquet"
    extra = f", {derived}" if derived else ""
    kept = f"from staged_{table} anti join lost_{table} using (n)"
    copy(
        con,
        f"select {key}, {columns}{extra} {kept} where refused is null and broken is null",
        silver,
    )
    condition = "refused is not null or broken is not null"
    rejects = f"select coalesce(refused, broken) as reason, raw.* {kept} where {condition}"
    copy(con, rejects, out / f"quarantine/{table}.parquet")
    run(con, f"create view {table} as from '{silver}'")
    counts = dict(
        run(
            con,
            f"select reason, count(*) from '{out}/quarantine/{table}.parquet' "
            "group by 1 order by 1",
        )
    )
    return {
        "kept": run(con, f"select count(*) from {table}")[0][0],
        "deduplicated": dict(
            run(con, f"select fate, count(*) from lost_{table} group by 1 order by 1")
        ),
        "quarantined": counts,
    }


def torn_records(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of records of a table's files that do not fit the header."""
    own = f"ends_with(file_path, 'clients.csv') = ('{table}' = 'clients')"
    query = f"select count(distinct (scan_id, file_id, line)) from {TORN} where {own}"
    return int(run(con, query)[0][0])


def gold_tables(con: duckdb.DuckDBPyConnection, out: Path) -> dict[str, Any]:
    """Compute, write and serve each gold table; its figures by name."""
    gold = {}
    for name, query in GOLD.items():
        target = out / f"gold/{name}.parquet"
        copy(con, query, target)
        # SQLite takes numbers and text: money as whole cents, days as ISO 8601
        served = con.sql(
            f"select * replace ({SERVED.get(name, 'revenue * 100 as revenue')}) from '{target}'"
        )
        kinds = [
            "bigint" if "DECIMAL" in str(t) else "varchar" if str(t) == "DATE" else str(t)
            for t in served.types
        ]
        plain = ", ".join(
            f"{column}::{kind}" for column, kind in zip(served.columns, kinds, strict=True)
        )
        serve(out, name, served.columns, served.project(plain).fetchall())
        gold[name] = figures(con, name, target)
    return gold


def figures(con: duckdb.DuckDBPyConnection, name: str, target: Path) -> dict[str, Any]:
    money = "total_spent" if name == "clients_stats" else "revenue"
    rows, revenue = run(con, f"select count(*), sum({money}) from '{target}'")[0]
    return {"rows": rows, "revenue": str(revenue)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
