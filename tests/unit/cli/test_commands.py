from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import pytest

from medallion.cli import COMMANDS, group, main


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDALLION_CONFIG", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])


def declare(folder: Path, name: str = "medallion.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("name: small\ntables:\n  bronze:\n    a: {source: a.csv}\n")
    return file


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_file_a_name_and_a_line_of_help_that_fits(name: str) -> None:
    context = click.Context(group, terminal_width=80)
    command = group.get_command(context, name)

    assert command is not None
    assert command.name == name
    assert not command.get_short_help_str(64).endswith("...")


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "--help")

    assert code == 0
    listed = out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed[: len(COMMANDS)]] == list(COMMANDS)


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys) == call(capsys, "--help")


def test_an_unknown_command_or_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "statsu") == (
        2, "", "error: unknown command 'statsu'; did you mean 'status'?\n  → medallion --help\n"
    )  # fmt: skip
    code, _, err = call(capsys, "run", "--ful")
    assert code == 2
    assert "--full" in err
    code, _, err = call(capsys, "run", "--ful", "--json")
    assert code == 2
    assert json.loads(err)["error"]["exit_code"] == 2


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("how", ["directory", "config"])
def test_the_declaration_may_be_named_before_or_after_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, place: str, how: str
) -> None:
    file = declare(tmp_path / "project")
    chosen = ["-C", str(file.parent)] if how == "directory" else ["-f", str(file)]

    code, out, _ = call(capsys, *([*chosen, "check"] if place == "before" else ["check", *chosen]))

    valid = f"{file} is valid: 1 table (1 bronze, 0 silver, 0 gold), 1 sink"
    assert (code, out.splitlines()[0]) == (0, valid)


def test_the_environment_names_the_declaration_unless_an_option_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, "one.yaml")
    declare(tmp_path, "two.yaml")
    monkeypatch.setenv("MEDALLION_CONFIG", str(tmp_path / "one.yaml"))

    assert "one.yaml is valid" in call(capsys, "check")[1]
    assert "two.yaml is valid" in call(capsys, "-f", str(tmp_path / "two.yaml"), "check")[1]


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    declare(tmp_path)

    assert call(capsys, "-C", str(tmp_path), "-q", "check") == (0, "", "")


def test_check_prints_every_problem_with_its_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text("name: small\nlaek: x\ntables:\n  bronze:\n    a: {sorce: a.csv}\n")

    code, out, err = call(capsys, "-C", str(tmp_path), "check")

    assert (code, out) == (2, "")
    first, *problems = err.splitlines()
    assert first == "error: 2 problems in the declaration"
    assert [
        problem.startswith(f"{file}:{place}: ")
        for problem, place in zip(problems, ["2:1", "5:5"], strict=True)
    ]
