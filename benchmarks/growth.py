"""CPU time and peak memory by number of files, tables, columns, releases and runs.

    python -m benchmarks.growth

Each operation runs in a process of its own on a project of each size. `growth` is how much its CPU
time grew from the smallest to the largest size, divided by how much the size grew: 1 is linear,
less is better.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import medallion as md

OPERATIONS = ("plan", "status", "publish", "rollback", "GET /releases")
SIZES = {
    "files": (50, 200, 800),
    "tables": (10, 40, 160),
    "columns": (10, 40, 160),
    "releases": (2, 4, 8),
    "runs": (10, 40, 140),
}


@dataclass(frozen=True)
class Size:
    """How large a project is: source files, served tables, columns, releases, run records."""

    files: int = 5
    tables: int = 2
    columns: int = 5
    releases: int = 2
    runs: int = 2


@dataclass(frozen=True)
class Spent:
    """CPU seconds of one operation, and the peak memory of its process in MB."""

    seconds: float
    peak: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--one", nargs=2, metavar=("OPERATION", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        operation, folder = arguments.one
        print(json.dumps(perform(operation, Path(folder))))
        return 0
    for dimension in arguments.only:
        print(
            markdown(dimension, {size: spent_at(dimension, size) for size in SIZES[dimension]}),
            flush=True,
        )
    return 0


def markdown(dimension: str, spent: dict[int, dict[str, Spent]]) -> str:
    """The figures of one dimension as a table."""
    sizes = list(spent)
    heads = [f"{size} {dimension}" for size in sizes]
    lines = [f"| | {' | '.join(heads)} | growth |", "| --- |" + " --- |" * (len(sizes) + 1)]
    for operation in OPERATIONS:
        figures = [spent[size][operation] for size in sizes]
        growth = figures[-1].seconds / figures[0].seconds / (sizes[-1] / sizes[0])
        cells = [f"{each.seconds:.2f} s, {each.peak:.0f} MB" for each in figures]
        lines.append(f"| {operation} | {' | '.join(cells)} | {growth:.2f} |")
    return "\n".join(lines) + "\n"


def spent_at(dimension: str, size: int) -> dict[str, Spent]:
    """What each operation costs on a project that is as large as `size` in one dimension."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder, replace(Size(), **{dimension: size}))
        spent = {
            operation: in_process(operation, folder)
            for operation in OPERATIONS
            if operation != "publish"
        }
        change(folder, -1)
        return {**spent, "publish": in_process("publish", folder)}


def prepare(folder: Path, size: Size) -> None:
    """Write a project and publish its releases."""
    (folder / "data").mkdir()
    names = [f"column_{number}" for number in range(size.columns)]
    for file in range(size.files):
        row = ",".join(str(file * number) for number in range(size.columns))
        (folder / f"data/{file:06}.csv").write_text(f"{','.join(names)}\n{row}\n", encoding="utf-8")
    tables = {f"table_{number}": {"from": "silver.rows"} for number in range(size.tables)}
    layers = {
        "bronze": {"rows": {"source": "data/*.csv"}},
        "silver": {"rows": {"from": "bronze.rows"}},
        "gold": tables,
    }
    declaration = {
        "name": "growth",
        "tables": layers,
        "sinks": {"serving": {"url": "sqlite:lake/serving.db"}},
    }
    (folder / "medallion.yaml").write_text(json.dumps(declaration), encoding="utf-8")
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    run = pipeline.run()
    for number in range(1, size.releases):
        change(folder, number)
        run = pipeline.run()
    for number in range(size.runs - size.releases):
        pipeline.lake.put_run(run.model_copy(update={"id": f"20200101-000000-{number:06}"}))


def change(folder: Path, number: int) -> None:
    """Let the next run have one changed file."""
    file = folder / "data/000000.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    width = lines[0].count(",") + 1
    file.write_text("\n".join([*lines, ",".join([str(number)] * width)]) + "\n", encoding="utf-8")


def in_process(operation: str, folder: Path) -> Spent:
    command = [sys.executable, "-m", "benchmarks.growth", "--one", operation, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Spent(**json.loads(done.stdout.splitlines()[-1]))


def perform(operation: str, folder: Path) -> dict[str, float]:
    """Do it, with what it needs imported before."""
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    work = _work(operation, pipeline)
    started = process_time()
    work()
    seconds = process_time() - started
    return {"seconds": seconds, "peak": _peak()}


def _peak() -> float:
    """The peak memory of this process in MB, without that of the process that started it.

    `ru_maxrss` would count both.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(
        int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")
    )


def _work(operation: str, pipeline: md.Pipeline) -> Callable[[], object]:
    if operation == "status":
        from medallion.cli.status import collect_status

        return lambda: collect_status(pipeline)
    if operation == "GET /releases":
        from falcon.testing import TestClient

        from medallion_api.app import create_app

        client = TestClient(create_app(pipeline))
        return lambda: [client.simulate_get("/releases") for _ in range(8)]
    return {"plan": pipeline.plan, "publish": pipeline.run, "rollback": pipeline.roll_back}[
        operation
    ]


if __name__ == "__main__":
    sys.exit(main())
