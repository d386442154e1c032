"""What syncing and checksums cost in a run of the shop, and how much memory the run takes.

    python -m benchmarks.durability --scale 420

One process runs the shop on an empty lake, and again with nothing new. The time of each function
that syncs or hashes is added up, so that the load of the machine does not distort the shares.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import medallion as md
from benchmarks.shop import DEFAULTS, Shop

KINDS = ("checksums of files", "digests of served tables", "syncing")


class Shares:
    """CPU and wall-clock seconds by kind of work, added up over all threads."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)
        self._lock = Lock()

    def timed(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which adds its time to a kind of work."""

        def call(*args: Any, **kwargs: Any) -> Any:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
                with self._lock:
                    self.cpu[kind] += cpu
                    self.wall[kind] += wall

        return call


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durability", description=__doc__)
    parser.add_argument("--scale", type=int, default=42, help="420 is ten million purchases")
    shop = Shop(parser.parse_args().scale)
    shop.prepare()
    shutil.rmtree(shop.folder / "lake", ignore_errors=True)
    os.chdir(shop.folder)
    os.environ.update(DEFAULTS)
    for title in ("full run", "nothing new"):
        print(f"{title}: {measured()}", flush=True)
    print(f"peak memory: {peak():.0f} MB")
    return 0


def measured() -> str:
    """One run, with the shares of syncing and checksums."""
    from medallion.sinks.sqlite import table_digest, table_load
    from medallion.storage import digests, sealed_records

    shares = Shares()
    places = [
        (hashlib, "file_digest", KINDS[0]),
        (sealed_records, "_tail", KINDS[0]),
        (table_load, "record_table", KINDS[1]),
        (table_digest, "record_release", KINDS[1]),
        (os, "fsync", KINDS[2]),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in places]
    digests.forget_digests()
    for module, name, kind in places:
        setattr(module, name, shares.timed(kind, getattr(module, name)))
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        md.Pipeline.load("medallion.yaml").run()
    finally:
        for module, name, function in originals:
            setattr(module, name, function)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    parts = [
        f"{kind} {shares.cpu[kind]:.2f} s CPU ({shares.cpu[kind] / cpu:.1%}), "
        f"{shares.wall[kind]:.2f} s wall"
        for kind in KINDS
    ]
    return f"{cpu:.1f} s CPU, {wall:.1f} s wall; {'; '.join(parts)}"


def peak() -> float:
    """The peak memory of this process in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
