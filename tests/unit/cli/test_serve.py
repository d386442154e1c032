"""`medallion serve`: what is checked, and how gunicorn is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

pytest.importorskip("falcon")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """The command lines that replace this process, each with its MEDALLION_CONFIG."""
    commands: list[tuple[list[str], str]] = []

    def replace(path: str, command: list[str], environment: dict[str, str]) -> None:
        assert path == sys.executable
        commands.append((command, environment["MEDALLION_CONFIG"]))

    monkeypatch.setattr(os, "execve", replace)
    for name in ("MEDALLION_API_BIND", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    return commands


@pytest.mark.parametrize(
    ("options", "bind", "workers"),
    [
        ([], "127.0.0.1:8000", "1"),
        (["--host", "0.0.0.0", "--port", "80", "--workers", "3"], "0.0.0.0:80", "3"),  # noqa: S104
        (["--host", "::1"], "[::1]:8000", "1"),
    ],
)
def test_gunicorn_serves_this_declaration(
    call: Call,
    unpublished: Path,
    started: list[tuple[list[str], str]],
    options: list[str],
    bind: str,
    workers: str,
) -> None:
    call(unpublished, "serve", *options)
    ((command, config),) = started
    assert config == str(unpublished / "medallion.yaml")
    module = ["-m", "gunicorn", "-c", "python:medallion_api.gunicorn_conf"]
    assert command == [sys.executable, *module, "-b", bind, "-w", workers]


def test_an_invalid_declaration_starts_nothing(
    call: Call, unpublished: Path, started: list[tuple[list[str], str]]
) -> None:
    (unpublished / "medallion.yaml").write_text("name: shop\n")
    result = call(unpublished, "serve")
    assert result.code == 2
    assert "no table is declared" in result.err
    assert started == []


def test_without_the_extra_it_says_what_to_install(
    call: Call,
    unpublished: Path,
    started: list[tuple[list[str], str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "falcon", None)
    result = call(unpublished, "serve")
    assert result.code == 2
    assert "this command needs falcon" in result.err
    assert "pip install 'medallion-lake[api]'" in result.err
    assert started == []
