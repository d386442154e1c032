from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.contracts import SourceItem
from medallion.errors import SourceError
from medallion.plugins import SOURCES, build
from medallion.secrets import mask
from medallion.sources.dlt.source import DltSource
from tests.dlt_resources import changed_after
from tests.rest_server import RestServer, serving_records


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving_records() as state:
        state.records = [{"id": number, "changed": number} for number in range(1, 4)]
        state.reply = changed_after
        yield state


def source(server: RestServer, name: str, **more: Any) -> DltSource:
    args = {"url": f"{server.url}/orders"}
    declared = build(
        SOURCES, {"dlt": {"resource": f"tests.dlt_resources:{name}", "args": args} | more}
    )
    assert isinstance(declared, DltSource)
    return declared


def pulled(
    declared: DltSource, former: Sequence[SourceItem] = (), *, full: bool = False
) -> tuple[list[SourceItem], dict[str, list[int]]]:
    """The files now, and the records of those that are new."""
    with declared.connect() as connection:
        items = declared.look(connection, former, full=full)
        lines = {
            item.name: b"".join(declared.pull(connection, item)).splitlines()
            for item in items
            if item not in former
        }
    return items, {name: [json.loads(line)["id"] for line in each] for name, each in lines.items()}


def test_what_is_new_becomes_a_part(server: RestServer) -> None:
    declared = source(server, "changes", key="id")
    items, records = pulled(declared)
    assert records == {declared.label: [1, 2, 3]}
    assert pulled(declared, items) == (items, {})  # nothing is new
    server.records += [{"id": 4, "changed": 4}, {"id": 1, "changed": 5}]
    later, records = pulled(declared, items)
    assert records == {f"{declared.label} part 000001": [4, 1]}
    server.records += [{"id": 5, "changed": 5}]  # with the time of one that is known
    last, records = pulled(declared, json_copy(later))
    assert records == {f"{declared.label} part 000002": [5]}
    assert last[:2] == later
    assert server.requests[-1] == ("/orders", "after=5")


def test_the_state_is_that_of_the_release(server: RestServer) -> None:
    """A release that was rolled back has none of what followed."""
    declared = source(server, "changes", key="id")
    items, _ = pulled(declared)
    server.records.append({"id": 4, "changed": 4})
    assert pulled(declared, items) == pulled(declared, items)
    assert pulled(declared, items, full=True)[1] == {declared.label: [1, 2, 3, 4]}


def test_a_state_of_its_own_is_kept(server: RestServer) -> None:
    server.reply = lambda state, _: (state.records, {})
    declared = source(server, "pages")
    items, _ = pulled(declared)
    server.records.append({"id": 4})
    assert pulled(declared, items)[1] == {f"{declared.label} part 000001": [4]}


def test_another_declaration_or_an_old_pull_is_pulled_whole(server: RestServer) -> None:
    declared = source(server, "changes", key="id", whole="daily")
    items, _ = pulled(declared)
    assert pulled(declared, items)[0] == items
    cursor = {**items[0].cursor, "whole": "2020-01-01T00:00:00+00:00"}  # type: ignore[dict-item]
    old = [SourceItem(items[0].name, items[0].token, cursor)]
    assert pulled(declared, old)[1] == {declared.label: [1, 2, 3]}
    other = source(server, "changes", key="id", args={"url": f"{server.url}/orders?a=b"})
    assert pulled(other, items)[1] == {other.label: [1, 2, 3]}


@pytest.mark.parametrize("name", ["current", "orders"])
def test_other_resources_are_whole(server: RestServer, name: str) -> None:
    server.reply = lambda state, _: (state.records, {})
    declared = source(server, name)
    items, _ = pulled(declared)
    assert items[0].cursor is None
    assert pulled(declared, items) == (items, {})
    server.records.append({"id": 4, "changed": 4})
    assert pulled(declared, items)[1] == {declared.label: [1, 2, 3, 4]}


def test_a_transformer_reads_its_resource(server: RestServer) -> None:
    server.reply = lambda state, _: (state.records, {})
    declared = source(server, "shop", select="details")
    with declared.connect() as connection:
        (item,) = declared.look(connection, [])
        data = b"".join(declared.pull(connection, item))
    assert [json.loads(line)["note"] for line in data.splitlines()] == ["seen"] * 3
    assert item.name == "dlt tests.dlt_resources:shop details"


def test_a_part_cannot_be_pulled_again(server: RestServer) -> None:
    declared = source(server, "changes", key="id")
    items, _ = pulled(declared)
    with (
        declared.connect() as connection,
        pytest.raises(SourceError, match="given before") as caught,
    ):
        next(declared.pull(connection, items[0]))
    assert "--full" in caught.value.hint


def test_secrets_in_arguments_are_masked() -> None:
    declared = {"api_key": "key-of-ann", "client": {"auth": [{"token": "token-of-ann"}]}}
    built = DltSource(resource="shop_api:orders", args=declared)
    assert "of-ann" not in repr(built) + built.label + built.database
    assert mask("key-of-ann token-of-ann") == "*** ***"


@pytest.mark.parametrize("resource", ["shop_api", "shop_api:", "shop-api:orders", ":orders"])
def test_a_resource_has_a_module_and_a_function(resource: str) -> None:
    with pytest.raises(ValidationError, match="resource"):
        DltSource(resource=resource)


def json_copy(items: Sequence[SourceItem]) -> list[SourceItem]:
    """The files as a release keeps them."""
    return [
        SourceItem(item.name, item.token, json.loads(json.dumps(item.cursor))) for item in items
    ]
