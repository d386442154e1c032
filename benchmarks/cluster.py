"""The shop on a Dask cluster of this machine, and how its tasks divide among more workers.

    python -m benchmarks.cluster --scale 420

First the embedded engine and the engine `dask` do the same work. Then one process performs every
task alone, on one thread, and times it; from these times follows how long a run takes with up to 64
workers, if they compute and reach the lake as fast as this machine.
"""

from __future__ import annotations

import argparse
import heapq
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import medallion as md
from benchmarks.measure import Limits, measure
from benchmarks.shop import DEFAULTS, MEDALLION, Shop

LIMITS = Limits(seconds=3600, megabytes=16_000)
WORKERS = (1, 2, 4, 8, 16, 32, 64)


@dataclass
class StepTimes:
    """Seconds of one table: of each task that a worker performs, and of the driver's own work."""

    reads: tuple[str, ...]
    tasks: list[float] = field(default_factory=list)
    driver: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--scale", type=int, default=42, help="420 is ten million purchases")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of the real cluster")
    arguments = parser.parse_args()
    shop = Shop(arguments.scale)
    shop.prepare()
    print(compared(shop, arguments.workers), flush=True)
    steps, rest = task_times(shop)
    print(divided(steps, rest))
    return 0


def compared(shop: Shop, workers: int) -> str:
    """Both engines on an empty lake, as a table."""
    engines = {
        "embedded": "duckdb",
        f"dask, {workers} workers": f"{{type: dask, workers: {workers}}}",
    }
    costs = {}
    for name, engine in engines.items():
        command = [MEDALLION, "run", "--json", "-f", str(with_engine(shop, engine))]
        costs[name], _ = measure(command, shop.folder, LIMITS, DEFAULTS)
        print(f"{name}: {costs[name]}", file=sys.stderr, flush=True)
    first = next(iter(costs.values()))
    lines = ["| engine | wall | CPU | peak | wall x | CPU x |", "| --- " * 6 + "|"]
    lines += [
        f"| {name} | {cost.wall:.1f} s | {cost.cpu:.1f} s | {cost.peak:.0f} MB "
        f"| {cost.wall / first.wall:.2f} | {cost.cpu / first.cpu:.2f} |"
        for name, cost in costs.items()
    ]
    return "\n".join(lines) + "\n"


def with_engine(shop: Shop, engine: str) -> Path:
    """The shop's declaration with an engine, and an empty lake."""
    shutil.rmtree(shop.folder / "lake", ignore_errors=True)
    file = shop.folder / "engine.yaml"
    declaration = (shop.folder / "medallion.yaml").read_text(encoding="utf-8")
    file.write_text(f"{declaration}\nengine: {engine}\n", encoding="utf-8")
    return file


def task_times(shop: Shop) -> tuple[dict[str, StepTimes], float]:
    """The times of each table's tasks, and of publishing, in a run on one thread."""
    from medallion.engines.duckdb import DuckDBSession

    os.chdir(shop.folder)
    os.environ.update(DEFAULTS)
    pipeline = md.Pipeline.load(with_engine(shop, "{type: duckdb, threads: 1}"))
    steps: dict[str, StepTimes] = {}
    at_work: list[StepTimes] = []

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return method(*args, **kwargs)
            finally:
                at_work[-1].tasks.append(time.thread_time() - began)

        return call

    def perform(step: Any, work: Callable[[], None]) -> None:
        table = pipeline.declaration.table(step.table)
        reads = getattr(table, "reads", dict)()
        at_work.append(StepTimes(tuple(reads.values())))
        began = time.process_time()
        work()
        spent = time.process_time() - began
        at_work[-1].driver = max(spent - sum(at_work[-1].tasks), 0.0)
        steps[step.table] = at_work[-1]

    for name in ("_parse", "_build_partitions", "_build_partial_results", "table"):
        setattr(DuckDBSession, name, timed(getattr(DuckDBSession, name)))
    began = time.process_time()
    pipeline.run(perform=perform)
    whole = time.process_time() - began
    return steps, whole - sum(sum(step.tasks) + step.driver for step in steps.values())


def divided(steps: Mapping[str, StepTimes], rest: float) -> str:
    """How long a run takes by the number of workers, as a table."""
    one = seconds(steps, 1) + rest
    lines = ["| workers | seconds | speed-up | tasks | driver |", "| --- " * 5 + "|"]
    tasks = sum(sum(step.tasks) for step in steps.values())
    driver = sum(step.driver for step in steps.values()) + rest
    for workers in WORKERS:
        whole = seconds(steps, workers) + rest
        figures = (whole, one / whole, tasks / workers, driver)
        lines.append(f"| {workers} | {' | '.join(f'{figure:.1f}' for figure in figures)} |")
    longest = max((max(step.tasks, default=0.0), name) for name, step in steps.items())
    count = sum(len(step.tasks) for step in steps.values())
    lines.append(f"\n{count} tasks, the longest {longest[0]:.1f} s ({longest[1]}).")
    return "\n".join(lines)


def seconds(steps: Mapping[str, StepTimes], workers: int) -> float:
    """The end of the last table: each begins when those it reads have ended, long tasks first.

    A worker performs one task at a time, and the driver does its own work of one table after that
    of another.
    """
    free = [0.0] * workers
    ended: dict[str, float] = {}
    driver = 0.0
    waiting = dict(steps)
    while waiting:
        name = min(
            (name for name, step in waiting.items() if all(read in ended for read in step.reads)),
            key=lambda name: max((ended[read] for read in waiting[name].reads), default=0.0),
        )
        step = waiting.pop(name)
        begin = max((ended[read] for read in step.reads), default=0.0)
        last = begin
        for task in sorted(step.tasks, reverse=True):
            start = max(heapq.heappop(free), begin)
            heapq.heappush(free, start + task)
            last = max(last, start + task)
        driver = max(driver, last) + step.driver
        ended[name] = driver
    return max(ended.values())


if __name__ == "__main__":
    sys.exit(main())
