"""What the environment configures, with the field's own variables and files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medallion.telemetry.environment import openlineage_file, sends_openlineage


@pytest.fixture(autouse=True)
def _nothing_is_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "current").mkdir()
    monkeypatch.chdir(tmp_path / "current")


def test_nothing_is_sent_by_default(tmp_path: Path) -> None:
    assert not sends_openlineage(tmp_path)


@pytest.mark.parametrize(
    "name", ["OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE"]
)
def test_a_variable_configures_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http")
    assert sends_openlineage(tmp_path)
    monkeypatch.setenv("OPENLINEAGE_DISABLED", " True ")
    assert not sends_openlineage(tmp_path)


def test_the_file_next_to_the_declaration_comes_first(tmp_path: Path) -> None:
    home = tmp_path / "home/.openlineage"
    home.mkdir(parents=True)
    declared = tmp_path / "declared"
    declared.mkdir()
    for folder in (home, Path(), declared):
        (folder / "openlineage.yml").touch()
        assert sends_openlineage(declared)
        file = openlineage_file(declared)
        assert file
        assert file.samefile(folder / "openlineage.yml")
