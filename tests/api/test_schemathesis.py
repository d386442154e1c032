"""Cases made from the OpenAPI document, sensible and not, against all stores: nothing undocumented, all alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, Response
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from medallion_api.app import App, Assembly, assemble
from medallion_api.resources.parameter_fields import listed
from tests.api import project
from tests.example_counts import examples

_ON_DATA = [negative_data_rejection, positive_data_acceptance]
CASES = int(os.environ.get("MEDALLION_TEST_API_CASES", examples(6, 25)))


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory, mongodb_server: str) -> Iterator[dict[str, App]]:
    """The same project on SQLite, on a real mongod, and with its tables held in memory."""
    made: dict[str, Assembly] = {}
    mongodb = f"{mongodb_server}/medallion_api_{uuid4().hex[:12]}"
    for name, url in {
        "sqlite": "sqlite:lake/serving.db",
        "mongodb": mongodb,
        "held": "sqlite:lake/serving.db",
    }.items():
        folder = tmp_path_factory.mktemp(name)
        project.write(folder, url)
        project.load(folder).run()
        made[name] = assemble(project.load(folder))
        if name != "held":
            made[name].reading.cells = 0
    yield {name: api.app for name, api in made.items()}
    for api in made.values():
        api.reading.store.close()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_case_surprises(apps: dict[str, App], mode: GenerationMode) -> None:
    schemathesis.openapi.format("date-time-local", st.datetimes().map(datetime.isoformat))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", apps["sqlite"])
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += _try(operation, apps, positive=mode is GenerationMode.POSITIVE)
    assert tried > 25 * CASES


def _try(operation: Any, apps: dict[str, App], *, positive: bool) -> int:
    tried = 0
    mode = GenerationMode.POSITIVE if positive else GenerationMode.NEGATIVE

    @settings(
        max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        nonlocal tried
        if positive:
            case.query = _sensible(operation.path, dict(case.query or {}))
        answers = []
        for app in apps.values():
            answers.append(case.call(app=app, headers={"Accept-Encoding": "identity"}))
            case.validate_response(answers[-1], excluded_checks=_unsaid(case, answers[-1]))
            tried += 1
        assert len({answer.status_code for answer in answers}) == 1

    try:
        check()
    except Unsatisfiable:  # nothing of it can be made wrong
        if positive or operation.query.items:
            raise
    return tried


def _unsaid(case: Case, answer: Response) -> list[Any]:
    """The checks of what a schema cannot say of this request."""
    if answer.status_code == 414:  # documented, but not of which requests
        return _ON_DATA
    # The text "" in place of a list is written as the empty list is, and an object as its text or,
    # without members, not at all: both are allowed.
    query = (case.query or {}).items()
    unsaid = any(
        isinstance(value, dict) or (name.endswith("__in") and not value) for name, value in query
    )
    return [negative_data_rejection] if unsaid else []


def _sensible(path: str, query: dict[str, Any]) -> dict[str, Any]:
    """Without what a schema cannot say: which parameters, and which names of a result, go together."""
    query.pop("cursor", None)  # belongs to one question; test_refusals.py has it
    if query.get("limit") == "all" or query.get("format") not in (None, "json"):
        query.pop("facet", None)
    if path.startswith("/groups/"):
        query.pop("sort", None)  # sorts by names of the result
        query["by"] = quoted(listed(query.get("by", ""))[:1])
        query["metrics"] = quoted(listed(query.get("metrics", ""))[:1]) or "groups:count()"
        if not query["by"]:
            del query["by"]
    return query


def quoted(items: list[str]) -> str:
    return ",".join(f'"{item}"' if "," in item else item for item in items)
