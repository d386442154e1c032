"""`clients.csv`: who buys, with their duplicates and faults."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from generator.catalogue import (
    BAD_DATES,
    CLIENT_DUPLICATES,
    CLIENT_FAULTS,
    CLIENT_RAGGED,
    CLIENTS,
    COUNTRIES,
    UNKNOWN,
)
from generator.writing import draw, draw_distinct, run, strings, write

if TYPE_CHECKING:
    import duckdb

HEADER = "client_id,name,email,country,signup_date"

# Chance is the MD5 of a client's id, cut into pieces. Clients with errors have the largest ids, so
# that no purchase refers to them.
CLIENT = """
create temp table clients as
with drawn as (
    select id, md5_number('client/' || id) as h
        from range(1, $clients + $bad_dates + $no_country + 1) t(id)
), living as (
    select *, pick(shares, h & 65535) as country, pick(countries, (h >> 16) & 255) as other
    from drawn, (select {shares} as shares, {countries} as countries)
)
select id, country,
    case when other = country then pick({countries}, list_position({countries}, country))
        else other end as former,
    pick(first, (h >> 24) & 255) || ' ' || pick(last, (h >> 32) & 255) as name,
    lower(strip_accents(replace(name, ' ', '.'))) || '.' || id || '@example.com' as email,
    date '2019-01-01' + cast(id * 1820 // ($clients + 100) as integer) as day,
    ((h >> 40) & 255) < 32 as day_first,
    case when id > $clients + $bad_dates then 'no country' when id > $clients then 'bad date'
         when ((h >> 48) & 255) < 4 then 'spaced name'
         when ((h >> 48) & 255) < 6 then 'spaced country' end as kind
from living join names using (country)
"""
ROWS = """
with rows as (
    select *, id as place, 0 as tier from clients anti join moved using (id)
    union all
    select * replace (former as country, 'former.' || email as email), id, 0
        from clients semi join moved using (id)
    union all select *, id + 40, 1 from clients semi join moved using (id)
    union all select *, id + 25, 1 from clients semi join copied using (id)
)
select place, tier, id, concat_ws(',', id,
    case kind when 'spaced name' then '  ' || name || chr(160) else name end,
    email,
    case kind when 'no country' then '' when 'spaced country' then country || ' ' else country end,
    case when kind = 'bad date' then pick({bad_dates}, id)
         else written(day, day_first) end) as line
from rows
"""


def write_clients(con: duckdb.DuckDBPyConnection, scale: int, out: Path) -> dict[str, Any]:
    """Write the file, and leave the good clients in the table `clients`.

    Returns what cleaning must find.
    """
    clients = CLIENTS * scale
    faults = {kind: count * scale for kind, count in CLIENT_FAULTS.items()}
    shares = [country.name for country in COUNTRIES for _ in range(country.share)]
    run(
        con,
        "create temp table names as "
        "select unnest($1) as country, unnest($2) as first, unnest($3) as last",
        [country.name for country in COUNTRIES],
        [country.first.split() for country in COUNTRIES],
        [country.last.split() for country in COUNTRIES],
    )
    sql = CLIENT.format(
        shares=strings(shares), countries=strings(country.name for country in COUNTRIES)
    )
    values = {
        "clients": clients,
        "bad_dates": faults["bad date"],
        "no_country": faults["no country"],
    }
    con.execute(sql, values).fetchall()
    rng = Random("clients")
    copied, moved = (count * scale for count in CLIENT_DUPLICATES.values())
    twice = draw_distinct(rng, 1, clients + 1, copied + moved)
    run(con, "create temp table copied as select unnest($1) as id", twice[:copied])
    run(con, "create temp table moved as select unnest($1) as id", twice[copied:])
    ragged = [
        (draw(rng, clients), f"{UNKNOWN + n},lost in transfer")
        for n in range(CLIENT_RAGGED * scale)
    ]
    records = write(
        con, out / "clients.csv", HEADER, ROWS.format(bad_dates=strings(BAD_DATES)), ragged
    )
    (spaced,) = run(con, "select count(*) from clients where starts_with(kind, 'spaced')")[0]
    run(con, "delete from clients where id > $1", clients)
    return {
        "records": records,
        "kept": clients,
        "deduplicated": {"exact duplicate": copied, "conflicting duplicate": moved},
        "quarantined": {
            "format": len(ragged),
            "cast signup_date": faults["bad date"],
            "not_null country": faults["no country"],
        },
        "dirt": {"stray spaces": spaced},
    }
