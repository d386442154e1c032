"""CPU time of a run on one file, and on many small files with the same rows.

    python -m benchmarks.small_files

`ratio` is how much more CPU time, of user and system, the small files take. What it costs to create
a file depends on the disk and on what else writes to it: `--folder` chooses the disk.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HEADER = "id,amount,day,name\n"
DECLARATION = {
    "name": "small_files",
    "tables": {
        "bronze": {"sales": {"source": "data/*.csv"}},
        "silver": {
            "sales": {
                "from": "bronze.sales",
                "steps": [
                    "trim",
                    {
                        "cast": {
                            "id": "integer",
                            "amount": "decimal(12,2)",
                            "day": {"date": ["%Y-%m-%d"]},
                        }
                    },
                    {"deduplicate": {"key": "id"}},
                ],
                "expect": [{"not_null": "id", "on_fail": "quarantine"}],
            }
        },
        "gold": {
            "totals": {
                "from": "silver.sales",
                "steps": [
                    {
                        "aggregate": {
                            "by": "name",
                            "metrics": {"sales": "count()", "total": "sum(amount)"},
                        }
                    }
                ],
            }
        },
    },
    "sinks": {"serving": {"url": "sqlite:lake/serving.db"}},
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small_files", description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--rows", type=int, default=100, help="rows of each file")
    parser.add_argument("--folder", type=Path, help="where to work, by default a temporary folder")
    arguments = parser.parse_args()
    files, rows = arguments.files, arguments.rows
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        one = dict(spent(Path(temporary) / "one", 1, files * rows))
        many = dict(spent(Path(temporary) / "many", files, rows))
    print(f"| | 1 file of {files * rows:,} rows | {files:,} files of {rows:,} rows | ratio |")
    print("| --- | --- | --- | --- |")
    for what, seconds in one.items():
        print(f"| {what} | {seconds:.1f} s | {many[what]:.1f} s | {many[what] / seconds:.1f} |")
    return 0


def spent(folder: Path, files: int, rows: int) -> Iterator[tuple[str, float]]:
    """What is done with a project of such files, and its CPU seconds."""
    (folder / "data").mkdir(parents=True)
    (folder / "medallion.yaml").write_text(json.dumps(DECLARATION), encoding="utf-8")
    for number in range(files):
        first = number * rows
        lines = map(line, range(first, first + rows))
        file = folder / f"data/{number:06}.csv"
        file.write_text(HEADER + "".join(lines), encoding="utf-8")
    yield "first run", run(folder)
    yield "nothing new", run(folder)
    file = folder / f"data/{files // 2:06}.csv"
    file.write_text(file.read_text(encoding="utf-8") + line(files * rows), encoding="utf-8")
    yield "one file changed", run(folder)


def line(number: int) -> str:
    amount, day = number * 37 % 100_000, number % 28 + 1
    return f"{number},{amount / 100:.2f},2024-{number % 12 + 1:02}-{day:02},name{number % 977}\n"


def run(folder: Path) -> float:
    """The CPU seconds of a run in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "medallion", "run"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
