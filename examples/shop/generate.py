"""Makes the shop's data: clients, 13 months of purchases, their dirt, and what must come of them.

    python generate.py --scale 1 --out data

Scale 1 is 1,500 clients and 23,663 purchases after cleaning; scale N is N times that. The same scale
gives the same bytes everywhere: chance comes from MD5 and `random.random`, and sums are whole cents.
No row carries two faults, so that `expected.json` tells how many rows every rule sets aside.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import catalogue
import duckdb
from catalogue import COUNTRIES, MONTHS, PRODUCTS

SEED = 2024
FIRST_ID = 100_001
UNKNOWN = 90_000_000  # added to a client's id or a purchase's to make one that is nowhere else
COLUMNS = ["purchase_id", "client_id", "product", "quantity", "amount", "purchase_date"]
OTHER_ORDER = (2024, 5)
EXTRA_COLUMN = (2024, 9)

# 128 bits of chance a row, cut into independent draws.
DRAWS = """
    h & 4294967295 as u_client, (h >> 32) & 65535 as u_product, (h >> 48) & 255 as u_quantity,
    (h >> 56) & 255 as u_discount, (h >> 64) & 65535 as u_price, (h >> 80) & 255 as u_format,
    (h >> 88) & 65535 as u_space, (h >> 104) & 255 as u_channel
"""
SLOTS = """
create or replace temp table slots as
with drawn as (
    select id, day, h from (
        select id, day, md5_number('{seed}/' || id) as h
        from (select day, unnest(range(first, first + n)) as id from days where month = {month})
    )
), draws as (select id, day, cast_draws.* from drawn, lateral (select {draws}) as cast_draws),
priced as (
    select d.*, p.product, p.name,
        cast(u_quantity as bigint) % p.most + 1 as quantity,
        p.cents * (100 + {inflation}) // 100 * (96 + cast(u_price as bigint) % 5 * 2) // 100 as unit,
        [0, 0, 0, 0, 0, 5, 5, 10, 15, 20][cast(u_discount as bigint) % 10 + 1] as discount,
        ((cast(u_client as ubigint) * cast(u_client as ubigint)) >> 32) * {active} >> 32 as rank
    from draws d join shelf p on p.month = {month} and p.bucket = cast(d.u_product as bigint) % 1000
)
select id, day, product, name, quantity, unit, discount,
    cast(rank * 1000003 % {active} as bigint) as k, k + k // 24 + 1 as client,
    unit * quantity * (100 - discount) // 100 as cents,
    m.kind, coalesce(m.number, 0) as number, coalesce(m.shift, 0) as shift,
    u_format < 46 as day_first,
    case when m.kind is null and u_space < 900 then cast(u_space as bigint) % 6 + 1 else 0 end as space,
    ['web', 'app', 'store'][cast(u_channel as bigint) % 7 // 3 + 1] as channel
from priced left join marks m using (id)
"""
CORRECTED = """
select * replace (day + {days} as day, quantity % 5 + 1 as quantity,
    unit * (quantity % 5 + 1) * (100 - discount) // 100 as cents, null as kind)
from {table} where kind = '{kind}'
"""
WRITTEN = """
select *,
    cast(id as varchar) as purchase_id_,
    cast(case when kind = 'unknown client' then client + {unknown} else client end as varchar)
        || case space when 5 then ' ' else '' end as client_id_,
    case space when 1 then ' ' when 6 then chr(160) else '' end || name
        || case space when 2 then chr(160) when 1 then '  ' else '' end as product_,
    cast(quantity as varchar) as quantity_,
    case kind when 'amount' then list_extract({bad_amounts}, number % len({bad_amounts}) + 1)
              when 'blank' then list_extract({blanks}, number % len({blanks}) + 1)
              when 'zero' then list_extract({zeros}, number % len({zeros}) + 1)
              else case when kind = 'negative' then '-' else '' end || case space when 3 then ' ' else '' end
                   || printf('%d.%02d', cents // 100, cents % 100) || case space when 3 then chr(160) else '' end
    end as amount_,
    case when kind = 'date' then list_extract({bad_dates}, number % len({bad_dates}) + 1)
         else strftime(day, case when day_first then '%d/%m/%Y' else '%Y-%m-%d' end)
              || case space when 4 then ' ' else '' end
    end as purchase_date_,
    channel as channel_
from {rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="N × 23,663 purchases (default: 1)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", metavar="DIR")
    arguments = parser.parse_args()
    generate(arguments.scale, arguments.out)


def generate(scale: int, out: Path) -> dict[str, Any]:
    """Write clients.csv, purchases/*.csv and expected.json below `out`; return what expected.json says."""
    (out / "purchases").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as con:
        con.execute(f"set memory_limit = '1GB'; set temp_directory = '{spill}'").fetchall()
        con.execute("set enable_progress_bar = false").fetchall()
        clients = write_clients(con, scale, out)
        purchases = write_purchases(con, scale, out)
        figures = revenue(con)
    expected = {"scale": scale, "clients": clients, "purchases": purchases, **figures}
    text = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    (out / "expected.json").write_text(text, encoding="utf-8", newline="\n")
    return expected


def write_clients(con: duckdb.DuckDBPyConnection, scale: int, out: Path) -> dict[str, Any]:
    number = catalogue.CLIENTS * scale
    faults = {kind: n * scale for kind, n in catalogue.CLIENT_FAULTS.items()}
    copies = {kind: n * scale for kind, n in catalogue.CLIENT_DUPLICATES.items()}
    shares = [position for position, country in enumerate(COUNTRIES) for _ in range(country.share)]
    con.execute(
        "create temp table countries as select unnest($1) as name, unnest($2) as first, unnest($3) as last",
        [[c.name for c in COUNTRIES], [c.first.split() for c in COUNTRIES], [c.last.split() for c in COUNTRIES]],
    ).fetchall()
    con.execute(f"""
        create temp table clients as
        with drawn as (select unnest(range(1, {number + sum(faults.values()) + 1})) as id, md5_number('client/' || id) as h),
        placed as (select id, h, {_list(shares)}[cast(h % 1000 as bigint) + 1] as country, cast((h >> 16) % 9 as bigint) as old from drawn)
        select id, cast((h >> 40) & 255 as bigint) as u_format, cast((h >> 48) & 65535 as bigint) as u_space, c.name as country,
            c.first[cast((h >> 72) % 14 as bigint) + 1] || ' ' || c.last[cast((h >> 88) % 14 as bigint) + 1] as name,
            lower(strip_accents(replace(name, ' ', '.'))) || '.' || id || '@example.com' as email,
            date '2019-01-01' + cast(id * 1820 // {number + 100} as integer) as day,
            {_list([country.name for country in COUNTRIES])}[(case when old = p.country then (old + 1) % 9 else old end) + 1] as old,
            case when id > {number + faults["date"]} then 'blank country' when id > {number} then 'date' end as kind,
        from placed p join (select *, row_number() over () - 1 as n from countries) c on c.n = p.country
    """).fetchall()
    rng = Random(SEED)
    exact, conflicting = _picks(rng, 1, number + 1, list(copies.values()))
    ragged = [f"{UNKNOWN + n},Lost in transfer" for n in range(2 * scale)]
    con.execute("create temp table twice as select unnest($1) as id", [exact]).fetchall()
    con.execute("create temp table moved as select unnest($1) as id", [conflicting]).fetchall()
    query = f"""
        with rows as (
            select *, id as place, 0 as tier from clients anti join moved using (id)
            union all by name
            select * replace (old as country, 'old.' || email as email), id as place, 0 as tier from clients semi join moved using (id)
            union all by name
            select *, id + 40 as place, 1 as tier from clients semi join moved using (id)
            union all by name
            select *, id + 25 as place, 1 as tier from clients semi join twice using (id)
        )
        select place, tier, id, cast(id as varchar) || ',' ||
            case when u_space < 800 and kind is null then ' ' || name || chr(160) else name end || ',' || email || ',' ||
            case when kind = 'blank country' then '' when u_space > 64900 and kind is null then country || ' ' else country end || ',' ||
            case when kind = 'date' then {_list(catalogue.BAD_DATES)}[id % {len(catalogue.BAD_DATES)} + 1]
                 else strftime(day, case when u_format < 32 then '%d/%m/%Y' else '%Y-%m-%d' end) end as line
        from rows
    """
    header = "client_id,name,email,country,signup_date"
    records = _write(con, out / "clients.csv", header, query, _places(rng, ragged, 1, number))
    con.execute(f"delete from clients where id > {number}").fetchall()
    return {
        "records": records,
        "kept": number,
        "deduplicated": copies,
        "quarantined": {
            "cast signup_date": faults["date"],
            "not_null country": faults["blank country"],
            "format": len(ragged),
        },
    }
