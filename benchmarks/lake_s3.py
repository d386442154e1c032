"""The shop with a lake on a local S3 server and one on disk: `python -m benchmarks.lake_s3`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.buckets import empty_bucket, make_bucket
from tests.services import Service, Unavailable, weed

from benchmarks.measure import Cost, StoppedError, measure, middle
from benchmarks.shop import DATA, DEFAULTS, LIMITS, MEDALLION, Shop

WORK = ("first run", "nothing new", "a month changed")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake_s3", description=__doc__)
    parser.add_argument(
        "--scales", type=int, nargs="+", default=[1, 42], metavar="N", help="default: 1 42"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="R")
    arguments = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as folder, weed(Path(folder)) as service:
            for scale in arguments.scales:
                Console().print(compare(Shop(scale), service, arguments.rounds))
    except (StoppedError, Unavailable) as stopped:
        print(stopped, file=sys.stderr)
        return 1
    return 0


def compare(shop: Shop, service: Service, rounds: int) -> Table:
    """The same work on both lakes in turn, so that both meet the same noise."""
    shop.prepare()
    costs: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(rounds):
        for lake in ("disk", "S3"):
            for work, cost in zip(WORK, _work(shop, lake, service), strict=True):
                costs.setdefault((work, lake), []).append(cost)
    table = Table(
        "work", "disk s", "S3 s", "ratio", "S3 peak MB", title=f"The shop at scale {shop.scale}"
    )
    for work in WORK:
        disk, remote = middle(costs[work, "disk"]), middle(costs[work, "S3"])
        table.add_row(
            work,
            f"{disk.wall:.2f}",
            f"{remote.wall:.2f}",
            f"{remote.wall / disk.wall:.2f}",
            f"{remote.peak:.0f}",
        )
    return table


def _work(shop: Shop, lake: str, service: Service) -> list[Cost]:
    shutil.rmtree(shop.folder / "lake", ignore_errors=True)
    bucket = make_bucket(service) if lake == "S3" else ""
    settings = {**DEFAULTS}
    if bucket:
        settings |= {
            "MEDALLION_LAKE": f"s3://{bucket}",
            "MEDALLION_S3_ENDPOINT_URL": service.url,
            "AWS_ACCESS_KEY_ID": service.key,
            "AWS_SECRET_ACCESS_KEY": service.secret,
        }
    costs = [_run(shop, settings), _run(shop, settings)]
    with shop.changing() as file:
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines[:-1]))
        costs.append(_run(shop, settings))
    if bucket:
        empty_bucket(service, bucket)
    return costs


def _run(shop: Shop, settings: dict[str, str]) -> Cost:
    return measure([MEDALLION, "run", "--json"], shop.folder, LIMITS, settings)[0]


if __name__ == "__main__":
    sys.exit(main())
