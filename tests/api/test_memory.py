"""A worker's memory over many publishes: it must not grow with the releases it has served."""

from __future__ import annotations

import re
import time
from http.client import HTTPConnection
from pathlib import Path

from medallion_api.cache.release_reader import FRESH
from tests.api import project

COLUMNS = 100
WARM, MEASURED = 6, 10  # publishes before the first measurement, and from there to the second
BOUND = 20_000_000  # bytes of growth: the allocator takes up to 5 MB, a leak of models took 110 MB


def wide(publish: int) -> str:
    """A table of 100 columns whose rows are other ones at each publish."""
    columns = ", ".join(f"range * {number} + {publish} as c{number}" for number in range(COLUMNS))
    return f"""\
    wide:
      from: silver.orders
      steps:
        - sql: select range as id, {columns} from range(50)
sinks:
"""


def publish(folder: Path, number: int) -> str:
    """Run the project with other rows; the id of the new release."""
    yaml = folder / "medallion.yaml"
    plain = yaml.with_suffix(".plain")
    text = plain.read_text().replace("sinks:\n", wide(number), 1)
    yaml.write_text(text.replace("      things: {key", "      wide: {key: id}\n      things: {key"))
    project.load(folder).run()
    return project.load(folder).lake.pointer().release


def read(place: str, release: str) -> None:
    """Rows, a row, figures, releases and the document, all of the new release."""
    time.sleep(10 * FRESH)
    connection = HTTPConnection(place, timeout=60)
    for path in (
        "/tables/wide?limit=10",
        "/tables/wide?c7__gte=3&sort=-c5",
        "/tables/wide/3",
        "/groups/wide?by=c1&metrics=n:count()",
        "/releases",
        "/openapi.json",
    ):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.headers["X-Release"] or release) == (200, release), path
    connection.close()


def test_a_worker_does_not_grow_with_the_releases_it_has_served(tmp_path: Path) -> None:
    declaration = project.write(tmp_path, api=project.API + "  query_timeout: 60\n")
    declaration.rename(declaration.with_suffix(".plain"))
    publish(tmp_path, 0)
    sizes: list[int] = []
    with project.gunicorn(tmp_path, 1) as place:
        log = (tmp_path / "api.log").read_text()
        (pid,) = re.findall(r"Booting worker with pid: (\d+)", log)
        for number in range(1, WARM + MEASURED + 1):
            read(place, publish(tmp_path, number))
            sizes.append(resident(int(pid)))
    assert len(sizes) == WARM + MEASURED
    assert sizes[-1] - sizes[WARM - 1] < BOUND, sizes


def resident(pid: int) -> int:
    """The bytes of memory that a process has at present."""
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) * 1024
