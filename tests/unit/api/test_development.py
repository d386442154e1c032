"""Where `medallion serve` listens."""

from __future__ import annotations

import pytest

from medallion_api.server.development import address


@pytest.mark.parametrize(
    ("bind", "host", "port", "expected"),
    [
        ("0.0.0.0:9000", None, None, "0.0.0.0:9000"),
        ("0.0.0.0:9000", "10.0.0.1", None, "10.0.0.1:9000"),
        ("0.0.0.0:9000", None, 7000, "0.0.0.0:7000"),
        ("0.0.0.0:9000", "10.0.0.1", 7000, "10.0.0.1:7000"),
        ("127.0.0.1:8000", "::1", None, "[::1]:8000"),
        ("[::1]:8000", None, 7000, "[::1]:7000"),
        ("unix:/run/api.sock", None, None, "unix:/run/api.sock"),
        ("unix:/run/api.sock", None, 7000, "127.0.0.1:7000"),
    ],
)
def test_options_go_before_the_environment(
    bind: str, host: str | None, port: int | None, expected: str
) -> None:
    assert address(bind, host, port) == expected
