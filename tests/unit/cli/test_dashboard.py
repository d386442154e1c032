"""`medallion dashboard`: what is checked, and how Panel is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

medallion_panel = pytest.importorskip("medallion_panel")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """The command lines that replace this process, each with its MEDALLION_CONFIG."""
    commands: list[tuple[list[str], str]] = []

    def replace(path: str, command: list[str], environment: dict[str, str]) -> None:
        assert path == sys.executable
        commands.append((command, environment["MEDALLION_CONFIG"]))

    monkeypatch.setattr(os, "execve", replace)
    return commands


@pytest.mark.parametrize(
    ("options", "address", "port", "last"),
    [
        ([], "127.0.0.1", "5006", []),
        (["--host", "10.0.0.1", "--port", "80", "--open"], "10.0.0.1", "80", ["--show"]),
    ],
)
def test_panel_serves_this_declaration(
    call: Call,
    unpublished: Path,
    started: list[tuple[list[str], str]],
    options: list[str],
    address: str,
    port: str,
    last: list[str],
) -> None:
    assert call(unpublished, "dashboard", *options).code == 0
    ((command, config),) = started
    assert config == str(unpublished / "medallion.yaml")
    package = str(Path(medallion_panel.__file__).parent)
    origins = [f"{address}:{port}", f"localhost:{port}"]
    assert command == [
        *(sys.executable, "-m", "panel", "serve", package, "--warm"),
        *("--address", address, "--port", port),
        *(item for origin in origins for item in ("--allow-websocket-origin", origin)),
        *last,
    ]


def test_an_invalid_declaration_starts_nothing(
    call: Call, unpublished: Path, started: list[tuple[list[str], str]]
) -> None:
    (unpublished / "medallion.yaml").write_text("name: shop\n")
    assert call(unpublished, "dashboard").code == 2
    assert started == []


def test_without_the_extra_it_says_what_to_install(
    call: Call,
    unpublished: Path,
    started: list[tuple[list[str], str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "medallion_panel", None)
    result = call(unpublished, "dashboard")
    assert result.code == 2
    assert "pip install 'medallion-lake[panel]'" in result.err
    assert started == []
