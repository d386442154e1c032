from __future__ import annotations

import pytest

from medallion.errors import SourceError, UnreachableError
from medallion.sources.dlt.source import DltSource
from tests.rest_server import serving_records


def look(name: str, **args: str) -> None:
    source = DltSource(resource=f"tests.dlt_resources:{name}", args=dict(args))
    with source.connect() as connection:
        source.look(connection, [])


def test_an_error_of_the_resource_is_shown_with_its_place() -> None:
    with pytest.raises(SourceError, match=r"broken: ValueError: no such field \(dlt_resources.py:"):
        look("broken")


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SourceError, match="CONFIGURED__SECRET") as caught:
        look("configured")
    assert "configuration" in caught.value.hint


def test_a_busy_server_may_answer_later() -> None:
    with serving_records() as server:
        for fault in (503, {}), "cut":
            server.faults = [fault]
            with pytest.raises(UnreachableError):
                look("orders", url=f"{server.url}/orders")
        with pytest.raises(SourceError, match="404"):
            look("orders", url=f"{server.url}/invoices")
    with pytest.raises(UnreachableError):
        look("orders", url=f"{server.url}/orders")  # it is closed


def test_a_function_that_is_wrong_is_reported() -> None:
    with pytest.raises(SourceError, match=r"texts: the resource yields str, not records"):
        look("texts")
