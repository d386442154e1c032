"""The page to try the API on, its files, and the OpenAPI document of the active release."""

from __future__ import annotations

from medallion_api.openapi.pages import Docs, DocsFile, OpenApi
from medallion_api.section import Api
from tests.unit.api.parts import Parts, client_of


def test_the_docs_need_no_internet() -> None:
    client = client_of(docs=Docs(), **{"docs/{name}": DocsFile()})
    page = client.simulate_get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("<!doctype", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert name in page.text
        file = client.simulate_get(f"/docs/{name}")
        assert file.status_code == 200
        media = "text/css" if name.endswith("css") else "text/javascript"
        assert file.headers["Content-Type"] == f"{media}; charset=utf-8"
        assert file.content
    for name in ("index.html", "swagger-ui.css.map", "..%2F__init__.py"):
        assert client.simulate_get(f"/docs/{name}").status_code == 404


def test_the_document_is_of_the_active_release_and_kept_by_clients(parts: Parts) -> None:
    resource = OpenApi(parts.reading, parts.replies, parts.tables, Api(), "small", closed=True)
    client = client_of(**{"openapi.json": resource})
    result = client.simulate_get("/openapi.json")
    assert result.headers["Content-Type"] == "application/json"
    assert (result.json["info"]["title"], result.json["x-release"]) == ("small", "one")
    assert result.json["security"] == [{"key": []}]
    assert "/tables/clients/{id}" in result.json["paths"]
    tag = {"If-None-Match": result.headers["ETag"]}
    assert client.simulate_get("/openapi.json", headers=tag).status_code == 304


def test_the_document_names_the_prefix_of_each_request(parts: Parts) -> None:
    resource = OpenApi(parts.reading, parts.replies, parts.tables, Api(), "small", closed=False)
    client = client_of(**{"openapi.json": resource})
    for prefix in ("", "/v1", "/v2"):
        document = client.simulate_get("/openapi.json", root_path=prefix).json
        assert document["servers"] == [{"url": prefix or "/"}]
