from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.secrets import mask
from medallion.sources.rest.authorization import Authorization


@pytest.mark.parametrize(
    ("declared", "headers", "secrets"),
    [
        ({"bearer": "tok-12345"}, {"Authorization": "Bearer tok-12345"}, ["tok-12345"]),
        (
            {"basic": {"user": "ann", "password": "s3cret-a"}},
            {"Authorization": "Basic YW5uOnMzY3JldC1h"},
            ["s3cret-a", "YW5uOnMzY3JldC1h"],
        ),
        ({"header": {"name": "X-Key", "value": "k-12345"}}, {"X-Key": "k-12345"}, ["k-12345"]),
    ],
)
def test_a_request_has_its_header_and_no_output_has_the_secret(
    declared: dict[str, object], headers: dict[str, str], secrets: list[str]
) -> None:
    authorization = Authorization.model_validate(declared)
    assert authorization.headers() == headers
    for secret in secrets:
        assert secret not in mask(f"error: {secret}")
        assert secret not in repr(authorization)


@pytest.mark.parametrize(
    "declared", [{}, {"bearer": "a", "header": {"name": "b", "value": "c"}}, {"key": "x"}]
)
def test_there_is_one_way_to_say_who_asks(declared: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Authorization.model_validate(declared)
