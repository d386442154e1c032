"""compose.yml keeps the Compose specification, and what the documentation says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"buckets"}


def test_keeps_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    faults = [
        f"{error.json_path}: {error.message}"
        for error in Draft7Validator(schema).iter_errors(COMPOSE)
    ]
    assert faults == []
    assert not Draft7Validator(schema).is_valid({"services": {"a": {"imagee": "b"}}})


def test_has_every_service_on_its_port() -> None:
    ports = {
        name: [port.partition(":")[2] for port in found.get("ports", [])]
        for name, found in SERVICES.items()
    }
    assert ports == {
        "minio": ["9000:9000", "9001:9001"],
        "buckets": [],
        "mongodb": ["27017:27017"],
        "mongo-express": ["8081:8081"],
        "prefect": ["4200:4200"],
        "pipeline": [],
        "api": ["8000:8000"],
        "dashboard": ["8501:5006"],
        "dask-scheduler": [],
        "dask-worker": [],
        "metabase": ["3000:3000"],
    }
    optional = [name for name, found in SERVICES.items() if "profiles" in found]
    assert optional == ["dask-scheduler", "dask-worker", "metabase"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    if "build" not in SERVICES[name]:
        assert re.search(r":(v?\d+\.\d+\.\d+|RELEASE\.\d{4}-)", image), image


def test_the_image_is_built_from_a_pinned_one_and_runs_without_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {
        "python:3.12.11-slim-bookworm"
    }
    assert re.search(r"^USER medallion$", dockerfile, re.MULTILINE)
    wanted = re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE)
    for source in " ".join(wanted).split():
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize("name", SERVICES)
def test_is_watched_and_kept(name: str) -> None:
    if name in ONE_SHOT:
        return
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_waits_for_what_is_there_and_stores_in_named_volumes(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how == {"condition": expected}, other
        assert other in SERVICES
    for volume in SERVICES[name].get("volumes", []):
        assert volume.partition(":")[0] in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_open_to_other_machines(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_every_variable_has_a_default_and_an_example() -> None:
    asked = re.findall(r"(?<!\$)\$\{(\w+)(:-[^}]+)?\}", (ROOT / "compose.yml").read_text())
    example = (ROOT / ".env.example").read_text()
    assert asked
    for name, default in asked:
        assert default, name
        assert f"\n{name}=" in example, name


def test_our_own_services_share_what_they_are_told() -> None:
    for name in ("pipeline", "api", "dashboard", "dask-worker"):
        told = SERVICES[name]["environment"]
        assert told["MEDALLION_LAKE"] == "s3://lake"
        assert told["MEDALLION_STORE"].startswith("mongodb://mongodb:27017/")
        assert told["MEDALLION_S3_ENDPOINT_URL"] == "http://minio:9000"
        assert SERVICES[name]["read_only"] is True


def test_the_api_is_given_the_time_that_its_workers_give() -> None:
    settings = (ROOT / "src/medallion_api/gunicorn_conf.py").read_text()
    workers = int(re.findall(r"^graceful_timeout = (\d+)$", settings, re.MULTILINE)[0])
    assert int(SERVICES["api"]["stop_grace_period"].removesuffix("s")) > workers
