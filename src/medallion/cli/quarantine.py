"""`medallion quarantine`: the rows that did not make it, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option

if TYPE_CHECKING:
    from medallion.lake import Lake
    from medallion.records import File

FIELDS = ("table", "file", "record", "rule", "column", "value", "run", "row")
SHOWN = ("file", "record", "rule", "column", "value")
ROWS = 20


@click.command("quarantine", cls=Command)
@click.argument("table", required=False)
@click.option("--run", metavar="ID", help="Of this run, published or not; by default of the current release.")
@click.option(
    "--limit", type=click.IntRange(0), help=f"How many rows; by default {ROWS}, or all with --csv and --json."
)
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to this file.")
@json_option
@click.pass_obj
def command(settings: Settings, table: str | None, run: str | None, limit: int | None, csv_path: Path | None) -> None:
    """Count the rows that did not make it, or print those of TABLE.

    They are counted by table, rule and column.
    Each row is kept with the rule it broke, the value at fault, its file, its record number in that
    file (1 is the first below the header) and the whole row as it stood there.
    """
    from medallion.cli.output import print_json

    lake = settings.pipeline().lake
    files = rejects(lake, table, run)
    if csv_path:
        written = _write_csv(csv_path, rows(lake, files, limit))
        settings.say(f"{csv_path}: {written:,} rows")
    elif table is None:
        counts = _counts(lake, files)
        if settings.as_json:
            print_json(counts)
        else:
            _show_counts(settings, counts, run)
    elif settings.as_json:
        print_json([{**row, "row": json.loads(row["row"])} for row in rows(lake, files, limit)])
    else:
        _show_rows(settings, lake, files, table, ROWS if limit is None else limit)


def rejects(lake: Lake, table: str | None, run: str | None) -> dict[str, File]:
    """The files of rejects by table, of a run or of the current release. Raises CallError on an unknown table."""
    from medallion.errors import CallError, did_you_mean

    if run is not None:
        found: Mapping[str, File | None] = {step.table: step.rejects for step in lake.run(run).steps}
    else:
        release = lake.current()
        if release is None:
            raise CallError(f"{lake.url}: nothing was published yet", hint="medallion run")
        found = {name: snapshot.rejects for name, snapshot in release.tables.items()}
    if table is not None and table not in found:
        raise CallError(f"there is no table {table!r}{did_you_mean(table, found)}")
    return {name: file for name, file in found.items() if file and table in (None, name)}


def _query(lake: Lake, files: Mapping[str, File], sql: str) -> Iterator[dict[str, Any]]:
    """The rows of an SQL query over `rejects`, all those files together."""
    import duckdb

    from medallion.contracts import literal
    from medallion.storage.digests import Stored, verified

    if not files:
        return
    local = verified(lake.storage, [Stored.of(file) for file in files.values()])
    paths = ", ".join(literal(str(path)) for path in local)
    with duckdb.connect() as connection:
        connection.execute(f"with rejects as (from read_parquet([{paths}], union_by_name = true)) {sql}")
        names = [name for name, *_ in connection.description or ()]
        while batch := connection.fetchmany(1_000):
            for values in batch:
                yield dict(zip(names, values, strict=True))


def rows(lake: Lake, files: Mapping[str, File], limit: int | None) -> Iterator[dict[str, Any]]:
    """The rejected rows of these files, at most `limit`."""
    fields = ", ".join(f'"{name}"' for name in FIELDS)
    cut = "" if limit is None else f"limit {limit}"
    return _query(lake, files, f'select {fields} from rejects order by "table", file, record {cut}')


def _counts(lake: Lake, files: Mapping[str, File]) -> list[dict[str, Any]]:
    grouped = 'select "table", rule, "column", count(*) as rows from rejects group by all'
    return list(_query(lake, files, f'{grouped} order by "table", rows desc, rule, "column"'))


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    import csv

    written = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, FIELDS)
        out.writeheader()
        for row in rows:
            out.writerow(row)
            written += 1
    return written


def _show_counts(settings: Settings, counts: list[dict[str, Any]], run: str | None) -> None:
    from medallion.cli.output import console, number, plain, table

    if not counts:
        settings.say("no row is in quarantine")
        return
    if settings.quiet:
        return
    made = table(["table", "rule", "column", "rows"], right=["rows"])
    for row in counts:
        made.add_row(row["table"], plain(row["rule"]), plain(row["column"]), number(row["rows"]))
    console().print(made)
    of = f" --run {run}" if run else ""
    settings.say(f"\nnext: {settings.typed('quarantine ' + counts[0]['table'] + of)}")


def _show_rows(settings: Settings, lake: Lake, files: Mapping[str, File], name: str, limit: int) -> None:
    from medallion.cli.output import console, number, plain, table

    if not files:
        settings.say(f"no row of {name} is in quarantine")
        return
    made = table(SHOWN, right=["record"])
    shown = 0
    for row in rows(lake, files, limit):
        shown += 1
        made.add_row(*("" if row[key] is None else plain(row[key]) for key in SHOWN))
    if settings.quiet:
        return
    console().print(made)
    total = sum(file.rows for file in files.values())
    settings.say(
        f"\n{number(shown)} of {number(total)} rows; --csv FILE writes them with the whole row as it stood there"
    )
