"""`python -m benchmarks`: measure, compare, print a table, and keep the figures in `results/`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Cost, StoppedError, measure, middle
from benchmarks.shop import DATA, HERE, LIMITS, MEDALLION, Shop

ROUNDS = {1: 7, 42: 5, 420: 3}
STARTS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import medallion": [sys.executable, "-c", "import medallion"],
    "medallion --help": [MEDALLION, "--help"],
}

Costs = dict[str, list[Cost]]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="medallion compared with work written by hand."
    )
    parser.add_argument(
        "--scales", type=int, nargs="+", default=list(ROUNDS), metavar="N", help="default: 1 42 420"
    )
    parser.add_argument(
        "--rounds", type=int, metavar="R", help="rounds at every scale (default: 7, 5 and 3)"
    )
    arguments = parser.parse_args()
    console = Console()
    DATA.mkdir(exist_ok=True)
    results: dict[str, Any] = {"machine": machine(), "scales": {}}
    try:
        compete(1, 1)  # warms the caches
        costs = starts(arguments.rounds or 11)
        results["starts"] = figures(costs)
        console.print(table("Starting", costs, "python -c pass"))
        for scale in arguments.scales:
            rounds = arguments.rounds or ROUNDS.get(scale, 3)
            console.print(f"scale {scale}: {rounds} rounds", style="dim")
            costs = compete(scale, rounds)
            results["scales"][str(scale)] = figures(costs)
            console.print(
                table(
                    f"The shop at scale {scale}: {scale * 23663:,} purchases", costs, "duckdb_sql"
                )
            )
    except StoppedError as stopped:
        print(stopped, file=sys.stderr)
        return 1
    target = HERE / f"results/{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    console.print(f"kept in {os.path.relpath(target)}")
    return 0


def machine() -> dict[str, Any]:
    packages = ("duckdb", "pyarrow", "pandas", "medallion-lake")
    return {
        "cores": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def starts(rounds: int) -> Costs:
    """What it costs to start, in turns."""
    costs: Costs = {name: [] for name in STARTS}
    for number in range(rounds + 1):
        for name, command in STARTS.items():
            cost, _ = measure(command, HERE.parent, LIMITS)
            if number:  # the first only warms the caches
                costs[name].append(cost)
    return costs


def compete(scale: int, rounds: int) -> Costs:
    """Every contender in turns, then runs with nothing new and with one file changed.

    Raises StoppedError on a result that is not as expected.
    """
    shop = Shop(scale)
    shop.folder.mkdir(exist_ok=True)
    shop.prepare()
    expected = shop.expected()
    costs: Costs = {name: [] for name in shop.contenders()}
    for _ in range(rounds):
        for name, spent in costs.items():
            cost, found = shop.compete(name)
            if found != expected:
                raise StoppedError(
                    f"scale {scale}: {name} found {json.dumps(found)}\n"
                    f"expected {json.dumps(expected)}"
                )
            spent.append(cost)
    again = [shop.medallion()[0] for _ in range(rounds)]
    changed = []
    with shop.changing() as file:
        last = file.read_bytes().splitlines(keepends=True)[-1]
        for number in range(rounds):
            with file.open("ab") as grown:  # a purchase with an id of its own, so that gold changes
                grown.write(b",".join([b"%d" % (10**12 + number), *last.split(b",")[1:]]))
            changed.append(shop.medallion()[0])
    return {**costs, "medallion, nothing new": again, "medallion, one file changed": changed}


def figures(costs: Mapping[str, Sequence[Cost]]) -> dict[str, Any]:
    return {
        name: {"median": asdict(middle(spent)), "rounds": [asdict(cost) for cost in spent]}
        for name, spent in costs.items()
    }


def table(title: str, costs: Mapping[str, Sequence[Cost]], base: str) -> Table:
    """Medians, and their ratios to `base`."""
    shown = Table(title=title, title_justify="left")
    shown.add_column("")
    for heading in ("wall s", "×", "CPU s", "×", "peak MB", "×"):
        shown.add_column(heading, justify="right")
    ruler = middle(costs[base])
    for name, spent in costs.items():
        cost = middle(spent)
        pairs = (
            (cost.wall, ruler.wall, "3"),
            (cost.cpu, ruler.cpu, "3"),
            (cost.peak, ruler.peak, "0"),
        )
        cells = [
            cell
            for value, of, digits in pairs
            for cell in (f"{value:,.{digits}f}", f"{value / of:.2f}")
        ]
        shown.add_row(name, *cells)
    return shown


if __name__ == "__main__":
    sys.exit(main())
