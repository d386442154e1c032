"""The API on a lake that an older or a newer version of medallion wrote: served or refused, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medallion.lake.pointer import FORMAT
from tests.api import project
from tests.api.test_served import get

PATHS = (
    *(
        "/",
        "/health",
        "/health/ready",
        "/releases",
        "/releases/current",
        "/runs/latest",
        "/quality",
    ),
    *("/metrics", "/openapi.json", "/tables", "/things", "/things/3", "/tables/things?limit=all"),
    "/groups/things?by=colour&metrics=n:count()",
)


@pytest.mark.parametrize("number", [0, 99, "3", None])
@pytest.mark.parametrize("name", ["lake.json", "current.json"])
def test_a_lake_of_another_format_is_served_or_refused(
    tmp_path: Path, name: str, number: object
) -> None:
    project.publish(tmp_path)
    path = tmp_path / "lake" / name
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": number}))
    with project.gunicorn(tmp_path, 1) as place:
        answers = {each: get(place, each) for each in PATHS}
    for each, (status, headers, body) in answers.items():
        assert status in (200, 503), (each, status, body)
        if status == 503:
            assert headers["content-type"] == "application/problem+json"
    assert answers["/things"][0] == 200
    log = (tmp_path / "api.log").read_text()
    assert "Traceback" not in log
    if (name, number) == ("current.json", 99):  # the store has the release; the lake has the others
        assert answers["/releases"][0] == 503
        assert (
            f"the lake has format 99, and this version of medallion reads formats up to {FORMAT}"
            in log
        )
