from __future__ import annotations

from pathlib import Path

import pytest

from medallion.cli.settings import Settings


def test_the_next_command_names_the_same_declaration() -> None:
    assert Settings().command_line("run") == "medallion run"
    assert Settings(directory=Path("my shop"), config=Path("x.yaml")).command_line("run") == (
        "medallion -C 'my shop' -f x.yaml run"
    )


def test_the_declaration_is_relative_to_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDALLION_CONFIG", raising=False)
    assert Settings().path == Path("medallion.yaml")
    assert Settings(directory=Path("shop")).path == Path("shop/medallion.yaml")
    monkeypatch.setenv("MEDALLION_CONFIG", "other.yaml")
    assert Settings(directory=Path("shop")).path == Path("shop/other.yaml")
    assert Settings(config=Path("x.yaml")).path == Path("x.yaml")


@pytest.mark.parametrize("settings", [Settings(quiet=True), Settings(as_json=True)])
def test_quiet_and_json_print_no_text(
    capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.say("done")
    assert capsys.readouterr().out == ""
    Settings().say("done")
    assert capsys.readouterr().out == "done\n"
