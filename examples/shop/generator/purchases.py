"""`purchases/*.csv`: one file a month, with their duplicates and faults."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from generator import catalogue
from generator.catalogue import (
    CORRECTED,
    CORRECTED_LATER,
    DUPLICATES,
    EXACT,
    FAULTS,
    MONTHS,
    PRODUCTS,
    RAGGED,
)
from generator.writing import draw, draw_distinct, run, strings, write

if TYPE_CHECKING:
    import duckdb

FIRST_ID = 100_001
COLUMNS = ["purchase_id", "client_id", "product", "quantity", "amount", "purchase_date"]
OTHER_ORDER, EXTRA_COLUMN = (2024, 5), (2024, 9)

# One row per id. Chance is the MD5 of the id, cut into pieces. Clients early in a shuffled list buy
# more often than late ones, and every 25th client never buys.
SLOTS = """
create or replace temp table slots as
with drawn as (
    select id, day, md5_number('purchase/' || id) as h
    from (select day, unnest(range(first, last)) as id from days where month = $month)
), priced as (
    select id, day, h, s.name as product, s.most,
        cast((h >> 16) & 255 as bigint) % s.most + 1 as quantity,
        s.cents * (96 + cast((h >> 24) & 255 as bigint) % 5 * 2) // 100 as unit,
        pick([0, 0, 0, 0, 0, 0, 5, 5, 10, 15], (h >> 32) & 255) as discount,
        cast((h >> 64) & 4294967295 as ubigint) as luck,
        (((luck * luck >> 32) * 7 + luck) >> 3) * cast($buyers as ubigint) >> 32 as place,
        cast(place as bigint) * 1000003 % $buyers as buyer
    from drawn join shelf s on s.month = $month and s.bucket = cast(h & 65535 as bigint) % 1000
)
select id, day, product, most, quantity, unit, discount,
    buyer + buyer // 24 + 1 as client,
    unit * quantity * (100 - discount) // 100 as cents,
    ((h >> 40) & 255) < 46 as day_first,
    pick(['web', 'web', 'web', 'app', 'app', 'store'], (h >> 48) & 255) as channel,
    coalesce(m.number, 0) as number, coalesce(m.shift, 0) as shift,
    coalesce(m.kind, case when ((h >> 56) & 255) < 4
        then 'spaces ' || ((h >> 96) & 255) % 6 end) as kind
from priced left join marks m using (id)
"""
# The rows of a month's file: its slots, copies and corrections of some of them, and corrections of
# the month before.
ROWS = """
create or replace temp table rows as
with corrected as (
    select * from slots where kind = $corrected
    union all
    select * replace (cast($first_day as date) + cast(shift % 5 as integer) as day,
        $first_id + shift * 3 as shift)
    from earlier
)
select *, id as place, 0 as tier, kind is null or kind not in $lost as kept from slots
union all
select *, id + shift, 1, false from slots where kind = $exact
union all
select * replace (
        quantity % 5 + 1 as quantity,
        unit * (quantity % 5 + 1) * (100 - discount) // 100 as cents, null as kind
    ),
    case kind when $corrected then id + shift else shift end, 2, true
from corrected
"""
LINES = """
with texts as (
    select place, tier, id,
        cast(id as varchar) as purchase_id,
        cast(case kind when 'unknown client' then client + {unknown} else client end as varchar)
            || case kind when 'spaces 0' then ' ' else '' end as client_id,
        case kind when 'spaces 1' then ' ' || product when 'spaces 2' then product || chr(160)
                  when 'spaces 3' then chr(160) || product || '  ' else product end as product,
        cast(quantity as varchar) as quantity,
        printf('%d.%02d', cents // 100, cents % 100) as price,
        case kind when 'bad amount' then pick({bad_amounts}, number)
            when 'blank amount' then pick({blanks}, number)
                  when 'zero' then pick({zeros}, number) when 'negative' then '-' || price
                  when 'spaces 4' then ' ' || price || chr(160) else price end as amount,
        case kind when 'bad date' then pick({bad_dates}, number)
                  else written(day, day_first) || case kind when 'spaces 5' then ' ' else '' end
             end as purchase_date,
        channel
    from rows
)
select place, tier, id, {columns} as line from texts
"""
KEPT = """
insert into kept
select month(rows.day) + 12 * year(rows.day) as month, isodow(rows.day), product, c.country,
    count(*), sum(cents)
from rows join clients c on c.id = rows.client where kept group by all
"""
WAYS = """
select count(*) filter (starts_with(kind, 'spaces')),
    count(*) filter (day_first and kind is distinct from 'bad date')
from rows
"""


def write_purchases(con: duckdb.DuckDBPyConnection, scale: int, out: Path) -> dict[str, Any]:
    """Write the files, and leave the sums of good purchases in the table `kept`.

    Returns what cleaning must find.
    """
    rng = Random("purchases")
    counts = {kind: count * scale for kind, count in {**DUPLICATES, **FAULTS}.items()}
    slots = catalogue.PURCHASES * scale + sum(count * scale for count in FAULTS.values())
    days = _days(rng, slots)
    _prepare(con, days)
    _mark(con, rng, days, counts)
    files: dict[str, int] = {}
    written = {"stray spaces": 0, "day before month": 0}
    ragged = _ragged(rng, scale)
    for number, (year, month) in enumerate(MONTHS):
        first = min(first for n, _, first, _ in days if n == number)
        last = max(last for n, _, _, last in days if n == number)
        values: dict[str, Any] = {"month": number, "buyers": catalogue.CLIENTS * scale * 24 // 25}
        con.execute(SLOTS, values).fetchall()
        run(con, "create temp table if not exists earlier as from slots where false")
        lost = [CORRECTED, CORRECTED_LATER, *FAULTS]
        values = {
            "first_day": date(year, month, 1),
            "first_id": first,
            "corrected": CORRECTED,
            "exact": EXACT,
        }
        con.execute(ROWS, {**values, "lost": lost}).fetchall()
        run(con, KEPT)
        spaces, turned = run(con, WAYS)[0]
        written["stray spaces"] += spaces
        written["day before month"] += turned
        header = _columns(year, month)
        torn = [(first + draw(rng, last - first), line) for line in ragged[number :: len(MONTHS)]]
        name = f"purchases/{year}-{month:02d}.csv"
        files[name] = write(con, out / name, ",".join(header), _lines(header), torn)
        run(
            con,
            "create or replace temp table earlier as from slots where kind = $1",
            CORRECTED_LATER,
        )
    return {
        "records": sum(files.values()),
        "kept": catalogue.PURCHASES * scale,
        **_set_aside(counts, len(ragged)),
        "dirt": {
            **{kind: counts[kind] for kind in (CORRECTED, CORRECTED_LATER, "negative", "zero")},
            **{kind: count * scale for kind, count in RAGGED.items()},
            **written,
        },
        "files": files,
    }


def _set_aside(counts: dict[str, int], ragged: int) -> dict[str, Any]:
    """How many rows every rule sets aside."""
    return {
        "deduplicated": {
            "exact duplicate": counts[EXACT],
            "conflicting duplicate": counts[CORRECTED] + counts[CORRECTED_LATER],
        },
        "quarantined": {
            "format": ragged,
            "cast purchase_date": counts["bad date"],
            "cast amount": counts["bad amount"],
            "not_null amount": counts["blank amount"],
            "between amount": counts["negative"] + counts["zero"],
            "references client_id": counts["unknown client"],
        },
    }


def _days(rng: Random, slots: int) -> list[tuple[int, date, int, int]]:
    """(month's number, day, first id, first id after it) of every day; busy days have more ids."""
    days = [
        (n, date(*month, day + 1))
        for n, month in enumerate(MONTHS)
        for day in range(monthrange(*month)[1])
    ]
    busy = [
        (100 + 2 * n)
        * catalogue.SEASON[n]
        * catalogue.WEEKDAY[day.weekday()]
        * (88 + draw(rng, 25))
        for n, day in days
    ]
    whole, sofar, placed = sum(busy), 0, []
    for (number, day), weight in zip(days, busy, strict=True):
        first, sofar = FIRST_ID + slots * sofar // whole, sofar + weight
        placed.append((number, day, first, FIRST_ID + slots * sofar // whole))
    return placed


def _prepare(con: duckdb.DuckDBPyConnection, days: Sequence[tuple[int, date, int, int]]) -> None:
    """Make the tables that every month draws from: days, what sells when, and the sums."""
    columns = "unnest($1) as month, unnest($2) as day, unnest($3) as first, unnest($4) as last"
    run(con, f"create temp table days as select {columns}", *map(list, zip(*days, strict=True)))
    shelf = [
        (number, product)
        for number, (_, month) in enumerate(MONTHS)
        for product in PRODUCTS
        for _ in range(product.gift if month > 10 else product.share)
    ]
    run(
        con,
        "create temp table shelf as select month, "
        "row_number() over (partition by month order by n) - 1 as bucket, "
        "p.name, p.cents, p.most "
        "from (select unnest($1) as month, unnest($2) as name, unnest(range(len($1))) as n) "
        "join (select unnest($3) as name, unnest($4) as cents, unnest($5) as most) p using (name)",
        [number for number, _ in shelf],
        [product.name for _, product in shelf],
        *([getattr(product, field) for product in PRODUCTS] for field in ("name", "cents", "most")),
    )
    run(
        con,
        "create temp table kept "
        "(month integer, weekday integer, product varchar, country varchar, "
        "purchases hugeint, cents hugeint)",
    )


def _mark(
    con: duckdb.DuckDBPyConnection,
    rng: Random,
    days: Sequence[tuple[int, date, int, int]],
    counts: dict[str, int],
) -> None:
    """Create the table of ids with an error or a duplicate; each has only one."""
    last_month = next(first for number, _, first, _ in days if number == len(MONTHS) - 1)
    later = draw_distinct(rng, FIRST_ID, last_month, counts[CORRECTED_LATER])
    # As many more than needed as may already have been drawn.
    marked = list(
        dict.fromkeys([*later, *draw_distinct(rng, FIRST_ID, days[-1][3], sum(counts.values()))])
    )
    kinds = [CORRECTED_LATER] * len(later)
    kinds += [
        kind for kind, count in counts.items() if kind != CORRECTED_LATER for _ in range(count)
    ]
    run(
        con,
        "create temp table marks as "
        "select unnest($1) as id, unnest($2) as kind, unnest($3) as shift, "
        "unnest(range(len($1))) as number",
        marked[: len(kinds)],
        kinds,
        [1 + draw(rng, 400) for _ in kinds],
    )


def _ragged(rng: Random, scale: int) -> list[str]:
    """Records of too few and too many fields."""
    short = [
        f"{catalogue.UNKNOWN + n},{1 + draw(rng, 1000)},Moka pot"
        for n in range(RAGGED["too few fields"] * scale)
    ]
    first = catalogue.UNKNOWN + len(short)
    long = [
        f"{first + n},{1 + draw(rng, 1000)},Moka pot,1,34.90,2024-06-0{n % 9 + 1},web,gift,wrapped"
        for n in range(RAGGED["too many fields"] * scale)
    ]
    return [*short, *long]


def _columns(year: int, month: int) -> list[str]:
    if (year, month) == OTHER_ORDER:
        return ["purchase_date", *COLUMNS[:-1]]
    return [*COLUMNS, "channel"] if (year, month) == EXTRA_COLUMN else COLUMNS


def _lines(columns: Sequence[str]) -> str:
    return LINES.format(
        unknown=catalogue.UNKNOWN,
        bad_amounts=strings(catalogue.BAD_AMOUNTS),
        blanks=strings(catalogue.BLANKS),
        zeros=strings(catalogue.ZEROS),
        bad_dates=strings(catalogue.BAD_DATES),
        columns=f"concat_ws(',', {', '.join(columns)})",
    )
