from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import pytest

from medallion.cli import COMMANDS, group, main
from medallion.cli.settings import Settings


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_bare_name_asks_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys) == call(capsys, "--help")


def test_a_wrong_command_or_option_is_the_callers_fault(capsys: pytest.CaptureFixture[str]) -> None:
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

    assert (code, out) == (0, f"{file} is valid: 1 table (1 bronze, 0 silver, 0 gold), 1 sink\n")


def test_the_environment_names_the_declaration_unless_an_option_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, "one.yaml")
    declare(tmp_path, "two.yaml")
    monkeypatch.setenv("MEDALLION_CONFIG", str(tmp_path / "one.yaml"))

    assert "one.yaml is valid" in call(capsys, "check")[1]
    assert "two.yaml is valid" in call(capsys, "-f", str(tmp_path / "two.yaml"), "check")[1]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    declare(tmp_path)

    assert call(capsys, "-C", str(tmp_path), "-q", "check") == (0, "", "")


def test_what_to_type_next_names_the_same_declaration() -> None:
    assert Settings().command_line("run") == "medallion run"
    assert Settings(directory=Path("my shop"), config=Path("x.yaml")).command_line("run") == (
        "medallion -C 'my shop' -f x.yaml run"
    )


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


def test_plugins_tells_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plugins", "deduplicate")

    assert code == 0
    assert "Keeps one row of each key" in out
    assert "```yaml" in out
    assert any(
        line.split() == ["keep", "first", "or", "last", '"last"'] for line in out.splitlines()
    )
    assert "sets `key`" in out


def test_plugins_of_one_name_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(call(capsys, "plugins", "parquet", "--json")[1])

    assert [told["kind"] for told in found] == ["format", "layer"]
    retain = next(field for field in found[1]["fields"] if field["name"] == "retain")
    assert retain == {"name": "retain", "type": "integer", "required": False, "default": 10}


def test_an_unknown_plugin_is_told_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = call(capsys, "plugins", "agregate")

    assert (code, err) == (2, "error: unknown plugin 'agregate'; did you mean 'aggregate'?\n")
