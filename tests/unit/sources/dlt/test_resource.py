from __future__ import annotations

from typing import Any

import pytest

from medallion.errors import SourceError
from medallion.sources.dlt.resource import DltReference, keeps_state
from medallion.sources.dlt.source import DltSource

URL = {"url": "http://127.0.0.1:9/orders"}


def reference(name: str, select: str = "", **args: Any) -> DltReference:
    return DltReference("dlt shop", f"tests.dlt_resources:{name}", select, args)


def test_a_resource_keeps_its_name_and_is_a_copy() -> None:
    from tests import dlt_resources

    resource = reference("texts").load(())
    assert resource.name == "texts"
    assert resource is not dlt_resources.texts
    assert keeps_state(resource)
    assert not keeps_state(reference("current", **URL).load(()))


def test_a_resource_of_a_source() -> None:
    assert reference("shop", "details", **URL).load(()).name == "details"


@pytest.mark.parametrize(
    ("name", "more", "message", "hint"),
    [
        ("ordres", {}, "has no 'ordres'; did you mean 'orders'?", "name a dlt resource"),
        ("plain", {}, "neither a dlt resource nor a dlt source", "decorate"),
        ("count", {}, "neither a dlt resource nor a dlt source", "decorate"),
        ("orders", {}, "needs arguments", "orders(url: 'str')"),
        ("orders", {"uri": "x"}, "unexpected keyword argument 'uri'", "correct `args`"),
        ("shop", URL, "the source has several resources", "details, orders"),
        ("shop", {**URL, "select": "detials"}, "no resource 'detials'; did you mean", "details"),
        ("changes", URL, "merges by its primary key id", "key: [id]"),
        ("without_key", {}, "merges without a primary key", "primary_key"),
        ("by_day", {}, "merges by a merge_key", "append"),
        ("versions", {}, "merges by the strategy 'scd2'", "history"),
        ("by_kind", {}, "sends its records to several tables", "one of them"),
    ],
)
def test_what_cannot_become_a_table_is_refused(
    name: str, more: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(SourceError) as caught:
        reference(name, **more).load(())
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_an_absent_module_is_named() -> None:
    with pytest.raises(SourceError, match="there is no module 'shop_apis'"):
        DltReference("dlt shop", "shop_apis:orders", "", {}).load(())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alone", "Provide a resource in `data_from`"),
        ("marked", "sends its records to several tables"),
        ("hinted", "changes its write_disposition while it yields records"),
    ],
)
def test_marks_of_records_are_refused(name: str, message: str) -> None:
    source = DltSource(resource=f"tests.dlt_resources:{name}")
    with source.connect() as connection, pytest.raises(SourceError, match=message):
        source.look(connection, [])
