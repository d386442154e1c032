"""The section `api`: errors are reported with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError
from medallion_api.app import assemble
from medallion_api.section import Api
from tests.api import project


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("  rate_limit: 5 per minute\n", "api.rate_limit: '5 per minute' is not a valid rate"),
        ("  rate_limit: 0/hour\n", "api.rate_limit: '0/hour' is not a valid rate"),
        ("  rate_limit_storage: memory\n", "api.rate_limit_storage: write memory://, redis://"),
        ("  rate_limit_storage: file://x\n", "api.rate_limit_storage: write memory://, redis://"),
        ("  rate_limit_storage: valkey://x\n", "needs the package valkey: pip install valkey"),
        ("  endpoints: {/things: {table: things, sort: [id, -id]}}\n", "sorts by 'id' twice"),
        ("  keys: secret\n", "api.keys: write keys as name:sha256"),
        ("  endpoint: {}\n", "did you mean 'endpoints'"),
        ("  endpoints: {things: {table: things}}\n", "'things' is not a valid path"),
        ("  endpoints: {/health: {table: things}}\n", "reserved"),
        ("  endpoints: {/things: {tabel: things}}\n", "api.endpoints./things"),
        ("  max_page_size: 0\n", "must be at least 1"),
    ],
)
def test_a_wrong_section_is_told_with_its_place(tmp_path: Path, section: str, told: str) -> None:
    path = project.write(tmp_path, api=f"api:\n{section}")
    line = path.read_text().splitlines().index("api:") + 2
    with pytest.raises(DeclarationError) as caught:
        project.load(tmp_path)
    assert told in str(caught.value)
    assert f"medallion.yaml:{line}:" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_endpoint_of_no_table_is_told(tmp_path: Path) -> None:
    project.write(tmp_path, api="api: {endpoints: {/things: {table: thing}}}\n")
    with pytest.raises(DeclarationError, match="did you mean 'things'"):
        assemble(md.Pipeline.load(tmp_path / "medallion.yaml"))


def test_every_column_of_an_endpoint_is_named_with_its_place() -> None:
    """Which `check` compares with the columns of its table, and lineage follows."""
    endpoints = {
        "/all": {"table": "t", "sort": "-a"},
        "/some": {"table": "u", "fields": ["b"], "filters": ["c", "d"]},
    }
    section = Api.model_validate({"endpoints": endpoints})
    assert [(use.path[1:], use.tables, use.column) for use in section.column_uses(None)] == [
        (("/all",), ("t",), None),
        (("/all", "sort", 0), ("t",), "a"),
        (("/some", "filters", 0), ("u",), "c"),
        (("/some", "filters", 1), ("u",), "d"),
        (("/some", "fields", 0), ("u",), "b"),
    ]
