from __future__ import annotations

import json

import pytest

from medallion.cli import main


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


def test_a_plugin_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plugins", "deduplicate")

    assert code == 0
    assert "Keeps one row of each key" in out
    assert "```yaml" in out
    assert any(
        line.split() == ["keep", "first", "or", "last", '"last"'] for line in out.splitlines()
    )
    assert "sets `key`" in out


def test_plugins_of_the_same_name_are_all_described(capsys: pytest.CaptureFixture[str]) -> None:
    plugins = json.loads(call(capsys, "plugins", "parquet", "--json")[1])

    assert [plugin["kind"] for plugin in plugins] == ["format", "layer"]
    retain = next(field for field in plugins[1]["fields"] if field["name"] == "retain")
    assert retain == {"name": "retain", "type": "integer", "required": False, "default": 10}


def test_an_unknown_plugin_is_reported_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = call(capsys, "plugins", "agregate")

    assert (code, err) == (2, "error: unknown plugin 'agregate'; did you mean 'aggregate'?\n")


def test_the_list_has_a_line_per_plugin(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "plugins")
    names = {plugin["name"] for plugin in json.loads(call(capsys, "plugins", "--json")[1])}

    assert {"csv", "raw", "deduplicate", "not_null", "sqlite", "duckdb"} <= names
    assert names <= {word for line in out.splitlines() for word in line.split()[:2]}
