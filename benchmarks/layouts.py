"""The purchases of the shop in one huge file, or in many: a run on all, and after one more row.

    python -m benchmarks.layouts --scale 420 --files 1 13 100

Every layout has the same rows in the same order, and must make the same gold tables. `ratio` is the
CPU time of the run after one more row, divided by that of the run on everything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, Limits, StoppedError, measure
from benchmarks.shop import DEFAULTS, HERE, MEDALLION, Shop

LIMITS = Limits(seconds=7200, megabytes=16_000)
HEADER = b"purchase_id,client_id,product,quantity,amount,purchase_date\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layouts", description=__doc__)
    parser.add_argument("--scale", type=int, default=42, help="420 is ten million purchases")
    parser.add_argument("--files", type=int, nargs="+", default=[1, 13, 100], metavar="N")
    parser.add_argument("--folder", type=Path, help="where to work, by default a temporary folder")
    arguments = parser.parse_args()
    shop = Shop(arguments.scale)
    shop.folder.mkdir(parents=True, exist_ok=True)
    shop.prepare()
    results = []
    print("| files | everything | one row more | ratio |", flush=True)
    print("| --- | --- | --- | --- |", flush=True)
    for count in arguments.files:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
            folder = Path(temporary)
            lay_out(shop, folder, count)
            everything, result = run(folder)
            results.append(result)
            more, _ = run_with_one_more(folder)
        ratio = more.cpu / everything.cpu
        print(f"| {count} | {said(everything)} | {said(more)} | {ratio:.2f} |", flush=True)
    if any(result != results[0] for result in results):
        print("the layouts make other tables", file=sys.stderr)
        return 1
    return 0


def said(cost: Cost) -> str:
    return f"{cost.cpu:.1f} s CPU, {cost.wall:.0f} s in all, {cost.peak:.0f} MB"


def lay_out(shop: Shop, folder: Path, count: int) -> None:
    """Write the purchases into files of equally many lines, next to the clients."""
    shutil.copy(shop.folder / "medallion.yaml", folder)
    purchases = folder / "data/purchases"
    purchases.mkdir(parents=True)
    (folder / "data/clients.csv").symlink_to(shop.data / "clients.csv")
    months = [file for file in sorted((shop.data / "purchases").glob("*.csv")) if is_usual(file)]
    total = sum(1 for _ in lines(months))
    every = lines(months)
    for number in range(count):
        size = total * (number + 1) // count - total * number // count
        with (purchases / f"{number:05}.csv").open("wb") as out:
            out.writelines(chain([HEADER], islice(every, size)))


def is_usual(file: Path) -> bool:
    """Whether a month has the columns of most others."""
    with file.open("rb") as stream:
        return stream.readline() == HEADER


def lines(months: list[Path]) -> Iterator[bytes]:
    """The lines below the headers, each with its end."""
    for month in months:
        with month.open("rb") as stream:
            next(stream)
            yield from (line if line.endswith(b"\n") else line + b"\n" for line in stream)


def run(folder: Path) -> tuple[Cost, Any]:
    """A run, its gold tables, and where the rows of silver went."""
    cost, printed = measure([MEDALLION, "run", "--json"], folder, LIMITS, DEFAULTS)
    steps = {step["table"]: step["tallies"] for step in json.loads(printed)["steps"]}
    script = [sys.executable, str(HERE / "gold.py"), str(folder / "lake")]
    gold = json.loads(measure(script, folder, LIMITS)[1])
    return cost, (gold, steps.get("silver.purchases"))


def run_with_one_more(folder: Path) -> tuple[Cost, Any]:
    """A run after a purchase with an id of its own was added to a file in the middle."""
    files = sorted((folder / "data/purchases").glob("*.csv"))
    file = files[len(files) // 2]
    with file.open("rb") as stream:
        stream.readline()
        first = stream.readline()
    with file.open("ab") as grown:
        grown.write(b",".join([b"%d" % 10**12, *first.split(b",")[1:]]))
    return run(folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StoppedError as stopped:
        sys.exit(str(stopped))
