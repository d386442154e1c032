"""The shop at some scale: its data, and the ways to do its work."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environments import peer_python
from benchmarks.measure import Cost, Limits, measure

HERE = Path(__file__).parent
SHOP = HERE.parent / "examples/shop"
DATA = HERE / ".data"
PANDAS_UP_TO = 42
LIMITS = Limits(seconds=900, megabytes=12_000)
MEDALLION = str(Path(sys.executable).with_name("medallion"))
# The benchmark measures the embedded defaults, whatever its caller's environment says.
DEFAULTS = {
    "MEDALLION_LAKE": "lake",
    "MEDALLION_STORE": "sqlite:lake/serving.db",
    "MEDALLION_ENGINE": "duckdb",
}


class Shop:
    """One scale of the shop in a folder of its own, made once and kept."""

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.folder = DATA / str(scale)
        self.data = self.folder / "data"

    def prepare(self) -> None:
        """Generate the data unless it is there, and copy the declaration next to it."""
        made_by = [SHOP / "generate.py", *(SHOP / "generator").glob("*.py")]
        newest = max(file.stat().st_mtime for file in made_by)
        expected = self.data / "expected.json"
        if not expected.exists() or expected.stat().st_mtime < newest:
            expected.unlink(missing_ok=True)
            script = [
                sys.executable,
                str(SHOP / "generate.py"),
                "--scale",
                str(self.scale),
                "--out",
                str(self.data),
            ]
            measure(script, self.folder.parent, LIMITS)
        shutil.copy(SHOP / "medallion.yaml", self.folder)

    def expected(self) -> dict[str, Any]:
        """What every contender must find."""
        says = json.loads((self.data / "expected.json").read_text(encoding="utf-8"))
        parts = ("kept", "deduplicated", "quarantined")
        rows = {"clients_stats": says["clients"]["kept"], "sales": says["sales"], "summary": 1}
        rows |= {f"{name}_stats": len(says[key]) for name, key in _GROUPS.items()}
        return {
            **{
                table: {part: says[table][part] for part in parts}
                for table in ("clients", "purchases")
            },
            "gold": {
                name: {"rows": count, "revenue": says["revenue"]} for name, count in rows.items()
            },
        }

    def contenders(self) -> list[str]:
        return [
            "medallion",
            "duckdb_sql",
            "dlt_duckdb",
            *(["pandas_naive"] if self.scale <= PANDAS_UP_TO else []),
        ]

    def compete(self, name: str) -> tuple[Cost, dict[str, Any]]:
        """The whole work from files to gold by one contender: its cost and its result."""
        if name == "medallion":
            shutil.rmtree(self.folder / "lake", ignore_errors=True)
            cost, printed = self.medallion()
            return cost, self._found(json.loads(printed))
        out = self.folder / name
        shutil.rmtree(out, ignore_errors=True)
        python = sys.executable
        if name == "dlt_duckdb":
            python = peer_python("dlt", DATA / "peers/dlt")
        command = [python, str(HERE / f"peers/{name}.py"), str(self.data), str(out)]
        cost, printed = measure(command, self.folder, LIMITS)
        shutil.rmtree(out)
        result = json.loads(printed)
        return cost, self._with_torn_records(result) if name == "dlt_duckdb" else result

    def _with_torn_records(self, result: dict[str, Any]) -> dict[str, Any]:
        """The result of dlt, which does not count the records that do not fit the header."""
        expected = self.expected()
        for table in ("clients", "purchases"):
            result[table]["quarantined"].setdefault(
                "format", expected[table]["quarantined"]["format"]
            )
        return result

    def medallion(self) -> tuple[Cost, str]:
        """`medallion run` on the lake as it is."""
        return measure([MEDALLION, "run", "--json"], self.folder, LIMITS, DEFAULTS)

    @contextmanager
    def changing(self) -> Iterator[Path]:
        """One monthly file to change; it is as before afterwards."""
        file = sorted((self.data / "purchases").glob("*.csv"))[6]
        saved, times = file.read_bytes(), file.stat()
        try:
            yield file
        finally:
            file.write_bytes(saved)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def _found(self, run: dict[str, Any]) -> dict[str, Any]:
        steps = {step["table"]: step for step in run["steps"]}
        script = [sys.executable, str(HERE / "gold.py"), str(self.folder / "lake")]
        gold = json.loads(measure(script, self.folder, LIMITS)[1])
        tables = ("clients", "purchases")
        return {
            **{name: _fates(steps[f"bronze.{name}"], steps[f"silver.{name}"]) for name in tables},
            "gold": gold,
        }


_GROUPS = {"product": "products", "monthly": "months", "country": "countries"}


def _fates(bronze: dict[str, Any], silver: dict[str, Any]) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    for step in (bronze, silver):
        for tally in step["tallies"]:
            reasons.update(tally["reasons"])
    # A duplicate's reason continues with its key.
    twice = {reason: n for reason, n in reasons.items() if " duplicate" in reason}
    return {
        "kept": silver["rows"],
        "deduplicated": {" ".join(reason.split()[:2]): n for reason, n in twice.items()},
        "quarantined": {reason: n for reason, n in reasons.items() if reason not in twice},
    }
