"""`docker compose up`, as far as it goes without Docker.

The commands, environments and health checks of compose.yml's own services run as they are declared, in their order, as
the image's user, on a real S3 server, a real replica set and a real Prefect server. What this cannot show: that the
image builds and holds what it should, that containers find each other by name, that the file systems are read-only,
what the other images' health checks say (mongosh's begins the replica set), and versions of servers other than the
tests' own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pymongo import MongoClient

from tests.buckets import empty_bucket, make_bucket
from tests.examples.test_shop import COUNTS, SHOP
from tests.integration.composed import OWN, ROOT, SERVICES, USER, Container, Place, image_user
from tests.integration.test_prefect import asked, until
from tests.services import Service, Unavailable, free_ports, mongod


@pytest.fixture
def replica_set(tmp_path: Path) -> Iterator[str]:
    """The address of a replica set of one, named and begun as compose.yml's."""
    port, folder = free_ports(1)[0], tmp_path / "mongod"
    folder.mkdir()
    member = f"127.0.0.1:{port}"
    try:
        with mongod(folder, "--replSet", "rs0", port=port) as service:
            with MongoClient[Any](service.url, directConnection=True) as client:
                client.admin.command(
                    "replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": member}]}
                )
                until(lambda: client.admin.command("hello")["isWritablePrimary"])
            yield member
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may look into, unlike those that pytest makes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def place(
    open_folder: Path, s3_server: Service, replica_set: str, prefect_api: str
) -> Iterator[Place]:
    """The image's /app, which nobody may write to, and a /tmp, which its user may."""
    try:
        user = image_user()
    except Unavailable as reason:
        pytest.skip(str(reason))
    app, tmp = open_folder / "app", open_folder / "tmp"
    shutil.copytree(SHOP, app / "shop", ignore=shutil.ignore_patterns("lake", "__pycache__"))
    shutil.copy(ROOT / "src/medallion_panel/main.py", app / "dashboard.py")
    tmp.mkdir(0o700)
    if user:
        os.chown(tmp, int(USER), int(USER))
    for folder in [app, *app.rglob("*/")]:
        folder.chmod(0o555)
    bucket, (api, dashboard, scheduler, worker) = make_bucket(s3_server), free_ports(4)
    names = {
        "/app": str(app),
        "/tmp": str(tmp),  # noqa: S108 (the container's)
        "s3://lake": f"s3://{bucket}",
        "http://minio:9000": s3_server.url,
        "mongodb:27017": replica_set,
        "http://prefect:4200/api": prefect_api,
        "0.0.0.0": "127.0.0.1",  # noqa: S104
        "8000": str(api),
        "5006": str(dashboard),
        "dask-scheduler": "127.0.0.1",
        "8786": str(scheduler),
        "8790": str(worker),
    }
    keys = {"AWS_ACCESS_KEY_ID": s3_server.key, "AWS_SECRET_ACCESS_KEY": s3_server.secret}
    yield Place(app, tmp, names, keys, user)
    for folder in [app, *app.rglob("*/")]:
        folder.chmod(0o755)
    empty_bucket(s3_server, bucket)


def test_all_come_up_in_their_order_and_end_when_told(place: Place, prefect_api: str) -> None:
    before = sorted(place.app.rglob("*"))
    running: dict[str, Container] = {}
    try:
        for name in OWN:
            for needed in running.keys() & SERVICES[name].get("depends_on", {}).keys():
                running[needed].wait_until_healthy()
            running[name] = Container(name, place)
        ordered = until(lambda: deployment(prefect_api))
        made = asked(prefect_api, f"deployments/{ordered['id']}/create_flow_run", {})
        for container in running.values():
            container.wait_until_healthy()
        check_schedule(prefect_api, ordered, made["id"])
        with (
            visitor(place, "8000") as reader,
            visitor(place, "5006") as watcher,
        ):  # who stay until the servers are gone
            check_api(reader)
            check_dashboard(watcher)
            ends = {name: container.stop() for name, container in reversed(running.items())}
        left = [process for container in running.values() for process in container.left()]
    finally:
        for name, container in running.items():
            print(f"{name}:\n{container.log.read_text()}")
            container.kill()
    assert ends.keys() == set(OWN)
    assert set(ends.values()) <= {0, 143}
    assert left == []
    assert sorted(place.app.rglob("*")) == before


@contextmanager
def visitor(place: Place, port: str) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", int(place.names[port]), timeout=60)) as connection:
        yield connection


def check_api(reader: HTTPConnection) -> None:
    reader.request("GET", "/clients?limit=1000&count=exact")
    told = json.load(reader.getresponse())
    assert told["count"] == COUNTS["clients_stats"]
    assert len(told["rows"]) == 1000


def check_dashboard(watcher: HTTPConnection) -> None:
    """Its page, and the connection that the page opens, for the addresses that compose.yml publishes alone."""
    watcher.request("GET", "/liveness")
    assert json.load(watcher.getresponse())
    watcher.request("GET", "/")
    with watcher.getresponse() as moved:
        assert (moved.status, moved.headers["Location"]) == (302, "./dashboard")
    watcher.request("GET", "/dashboard")
    page = watcher.getresponse().read().decode()
    assert "<title>Shop</title>" in page
    token = re.findall(r'"token":"([^"]+)"', page)[0]
    published = SERVICES["dashboard"]["ports"][0].rpartition(":")[0]
    for origin, status in (
        ("elsewhere.example:8501", 403),
        (published.replace("127.0.0.1", "localhost"), 101),
    ):
        assert handshake(watcher, token, origin) == status


def handshake(connection: HTTPConnection, token: str, origin: str) -> int:
    """The status with which a websocket is answered that a page of `origin` asks for."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": f"bokeh, {token}",
        "Origin": f"http://{origin}",
    }
    connection.request("GET", "/dashboard/ws", headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def check_schedule(prefect_api: str, ordered: dict[str, Any], run: str) -> None:
    assert [found["schedule"]["cron"] for found in ordered["schedules"]] == ["0 * * * *"]
    assert not ordered["paused"]
    asked_for = {
        "flow_runs": {
            "id": {"any_": [run]},
            "state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}},
        }
    }
    (ended,) = until(lambda: asked(prefect_api, "flow_runs/filter", asked_for))
    assert ended["state_type"] == "COMPLETED"


def deployment(prefect_api: str) -> dict[str, Any] | None:
    found = asked(prefect_api, "deployments/filter", {"deployments": {"name": {"any_": ["shop"]}}})
    return found[0] if found else None
