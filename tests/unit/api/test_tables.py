"""Served tables and parsed requests: parameters of endpoints, formats, ETags and downloads."""

from __future__ import annotations

import gzip
from typing import Any

import falcon
import pytest
from falcon.testing import TestClient

from medallion.records import Column, Release
from medallion_api.middleware import compression
from medallion_api.resources.groups import GroupParameters
from medallion_api.resources.rows import Keyed, Listed
from medallion_api.resources.tables import Tables, attachment
from medallion_api.section import Endpoint
from tests.unit.api.parts import Parts, client_of

CLIENTS = Endpoint(table="clients")


@pytest.mark.parametrize(
    ("path", "plain", "named"),
    [
        ("/things", "things", None),
        ("/tables/things", "tables-things", None),
        ("/tables/pairs/a/1", "tables-pairs-a-1", None),
        ("/tables/日本", "tables-__", "tables-%E6%97%A5%E6%9C%AC"),
        ('/tables/naïve; x="1"', "tables-na_ve_x_1_", "tables-na%C3%AFve_x_1_"),
        ("/tables/🙂\r\nX: 1", "tables-_X_1", None),
        ("/tables/\ufffd", "tables-_", None),
        ("/", "rows", None),
        ("/" + "é" * 5000, "_" * 100, "%C3%A9" * 100),
    ],
)
def test_a_file_is_named_after_its_path_whatever_stands_in_it(
    path: str, plain: str, named: str | None
) -> None:
    disposition = attachment(path, "csv")
    expected = f'attachment; filename="{plain}.csv"'
    assert disposition == (f"{expected}; filename*=UTF-8''{named}.csv" if named else expected)
    assert disposition.isascii()


def test_parameters_are_made_once_for_a_release_and_kind(parts: Parts, release: Release) -> None:
    tables = Tables(parts.reading, 100)
    listing = tables.parameters(release, CLIENTS, "clients", row=False)
    assert tables.parameters(release, CLIENTS, "clients", row=False) is listing
    assert tables.parameters(release, CLIENTS, "clients", row=True) is not listing
    groups = tables.parameters(release, CLIENTS, "clients", row=False, kind=GroupParameters)
    assert isinstance(groups, GroupParameters)


def test_releases_with_equal_columns_share_a_model_and_have_their_own_table(
    parts: Parts, release: Release
) -> None:
    tables = Tables(parts.reading, 100)
    served = release.served[parts.reading.label]["clients"]

    def other(ident: str, **changes: Any) -> Release:
        table = served.model_copy(update={"name": f"clients_{ident}", **changes})
        label = parts.reading.label
        return release.model_copy(update={"id": ident, "served": {label: {"clients": table}}})

    first = tables.parameters(release, CLIENTS, "clients", row=False)
    second = tables.parameters(other("two"), CLIENTS, "clients", row=False)
    assert second.model is first.model
    assert second.served.name == "clients_two"
    columns = (*served.columns, Column(name="more", type="text"))
    third = tables.parameters(other("three", columns=columns), CLIENTS, "clients", row=False)
    assert third.model is not first.model
    assert third.read("more=x").query.filters[0].field == "more"


def test_a_table_that_the_release_lacks_is_not_found_with_the_nearest_name(
    parts: Parts, release: Release
) -> None:
    with pytest.raises(falcon.HTTPNotFound) as error:
        parts.tables.parameters(release, Endpoint(table="client"), "x", row=False)
    assert error.value.description == ("release one has no table 'client'; did you mean 'clients'?")


def test_an_endpoint_on_a_column_that_the_table_lacks_is_a_fault_of_the_server(
    parts: Parts, release: Release
) -> None:
    endpoint = Endpoint(table="clients", filters=("nam",))
    with pytest.raises(falcon.HTTPInternalServerError) as error:
        parts.tables.parameters(release, endpoint, "x", row=False)
    assert str(error.value.description).startswith(
        "this endpoint is not declared correctly: no column 'nam' in gold.clients"
    )


@pytest.fixture
def client(parts: Parts) -> TestClient:
    resources = (parts.reading, parts.replies, parts.tables)
    return client_of(
        **{"tables/{table}": Listed(*resources), "tables/{table}/{key:path}": Keyed(*resources)}
    )


def test_an_etag_depends_on_the_meaning_the_format_and_the_coding(client: TestClient) -> None:
    def tag(path: str, **headers: str) -> str:
        result = client.simulate_get(f"/tables/clients{path}", headers=headers)
        assert result.status_code == 200
        return str(result.headers["ETag"])

    assert tag("?id__gte=1&name=Ann") == tag("?name=Ann&id__gte=1")
    tags = [tag("?format=csv"), tag(""), tag("/1"), tag("?limit=2")]
    tags.append(tag("", **{"Accept-Encoding": "gzip"}))
    assert len(set(tags)) == 5
    assert tag("", Accept="text/csv") == tags[0]


def test_a_format_for_files_is_a_download_and_may_not_be_compressed_again(
    client: TestClient,
) -> None:
    accept = {"Accept-Encoding": "gzip"}
    result = client.simulate_get("/tables/clients?format=parquet", headers=accept)
    assert result.headers["Content-Disposition"] == 'attachment; filename="tables-clients.parquet"'
    assert "Content-Encoding" not in result.headers
    page = client.simulate_get("/tables/clients", headers=accept)
    assert "Content-Disposition" not in page.headers
    assert page.headers["Vary"] == "Accept, Accept-Encoding"


def test_only_a_body_that_is_long_enough_is_compressed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "LEAST", 100)
    accept = {"Accept-Encoding": "gzip"}
    short = client.simulate_get("/tables/clients/1?fields=id", headers=accept)
    assert (short.json, "Content-Encoding" in short.headers) == ({"id": 1}, False)
    page = client.simulate_get("/tables/clients", headers=accept)
    plain = client.simulate_get("/tables/clients")
    assert page.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content) == plain.content


@pytest.mark.parametrize("cursor", ["x", "W10", ""])
def test_a_faulty_cursor_is_a_faulty_parameter(client: TestClient, cursor: str) -> None:
    result = client.simulate_get(f"/tables/clients?cursor={cursor}")
    assert result.status_code == 400
    assert [fault["parameter"] for fault in result.json["errors"]] == ["cursor"]


def test_a_cursor_continues_its_page(client: TestClient) -> None:
    first = client.simulate_get("/tables/clients?sort=-spent&limit=3&fields=id").json
    rest = client.simulate_get(
        f"/tables/clients?sort=-spent&limit=3&fields=id&cursor={first['cursor']}"
    ).json
    assert [row["id"] for row in first["rows"]] == [1, 2, 3]
    assert ([row["id"] for row in rest["rows"]], rest["cursor"]) == ([4], None)
