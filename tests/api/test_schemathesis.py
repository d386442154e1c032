"""Cases made from the OpenAPI document, sensible and not, against both stores: no 5xx, nothing undocumented."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

if TYPE_CHECKING:
    from falcon.testing import TestClient

CASES = int(os.environ.get("MEDALLION_TEST_API_CASES", "20"))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_case_surprises(client: TestClient, mode: GenerationMode) -> None:
    cursor = client.simulate_get("/things?limit=1").json["cursor"]
    schemathesis.openapi.format("cursor", st.just(cursor))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", client.app)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += _try(operation, mode, positive=mode is GenerationMode.POSITIVE)
    assert tried > CASES


def _try(operation: Any, mode: GenerationMode, *, positive: bool) -> int:
    tried = 0

    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        nonlocal tried
        query = dict(case.query or {})
        if positive:  # what the document cannot say: these go with no other question, and not with an export
            query.pop("cursor", None)
            if len({str(name).lstrip("-") for name in query.get("sort", ())}) < len(query.get("sort", ())):
                query.pop("sort")
            if query.get("limit") == "all" or query.get("format") not in (None, "json"):
                query.pop("facet", None)
        case.query = query
        free = operation.path.startswith("/groups")  # takes expressions, of which the document knows no grammar
        unasked = [positive_data_acceptance] if free or not positive else []
        if not positive:  # what is wrong may become right on its way into a URL: {} is not sent, [1] is sent as 1
            unasked.append(negative_data_rejection)
        answer = case.call(headers={"Accept-Encoding": "identity"})
        if answer.status_code != 414:  # a case of its own, which no check expects
            case.validate_response(answer, excluded_checks=unasked)
        tried += 1

    try:
        check()
    except Unsatisfiable:  # nothing of it can be made wrong
        if positive or operation.query.items:
            raise
    return tried
