"""Generate the shop's data: clients, purchases of 13 months, their errors and the expected result.

    python generate.py --scale 1 --out data

Scale 1 is 1,500 clients and 23,663 purchases after cleaning; scale N is N times that. The same
scale gives the same bytes everywhere: chance comes from MD5 and `random()`, and sums are whole
cents. No row has two errors, so `expected.json` has the number of rows that every rule rejects.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.clients import write_clients
from generator.purchases import write_purchases
from generator.writing import connect, run

if TYPE_CHECKING:
    import duckdb


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--scale", type=int, default=1, metavar="N", help="N × 23,663 purchases (default: 1)"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", metavar="DIR")
    arguments = parser.parse_args()
    if arguments.scale < 1:
        parser.error("--scale starts at 1")
    generate(arguments.scale, arguments.out)


def generate(scale: int, out: Path) -> dict[str, Any]:
    """Write clients.csv, purchases/*.csv and expected.json into `out`.

    Returns the content of expected.json.
    """
    (out / "purchases").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as spill, connect(spill) as con:
        expected = {
            "scale": scale,
            "clients": write_clients(con, scale, out),
            "purchases": write_purchases(con, scale, out),
            **_figures(con),
        }
    text = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    (out / "expected.json").write_text(text, encoding="utf-8", newline="\n")
    return expected


def _figures(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The revenue of valid purchases in total and by product, country and month.

    `sales` is the number of combinations of month, weekday and product with a purchase.
    """
    month = "printf('%d-%02d', (month - 1) // 12, (month - 1) % 12 + 1)"
    groups = {"products": "product", "countries": "country", "months": month}
    ((whole, sales),) = run(
        con, "select sum(cents), count(distinct (month, weekday, product)) from kept"
    )
    return {
        "revenue": _euros(whole),
        **{
            name: {
                str(value): {"purchases": int(purchases), "revenue": _euros(cents)}
                for value, purchases, cents in run(
                    con,
                    f"select {group}, sum(purchases), sum(cents) from kept group by 1 order by 1",
                )
            }
            for name, group in groups.items()
        },
        "sales": sales,
    }


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


if __name__ == "__main__":
    main()
