from __future__ import annotations

import json
from datetime import UTC, datetime

import click
import pytest

from medallion.cli.errors import print_error
from medallion.cli.settings import Settings
from medallion.errors import CallError, DeclarationError, GateError, MedallionError, Problem
from medallion.records import Run
from medallion.secrets import SECRETS

CASES: list[tuple[BaseException, int, list[str]]] = [
    (
        CallError("no such table", hint="medallion status"),
        2,
        ["error: no such table", "  → medallion status"],
    ),
    (GateError("silver.a: too few"), 1, ["error: silver.a: too few"]),
    (
        DeclarationError(
            [Problem("m.yaml:1:1", "a", "wrong"), Problem("m.yaml:2:1", "b", "wrong too")]
        ),
        2,
        [
            "error: 2 problems in the declaration",
            "m.yaml:1:1: a: wrong",
            "m.yaml:2:1: b: wrong too",
        ],
    ),
    (DeclarationError([Problem("m.yaml:1:1", "a", "wrong")]), 2, ["error: m.yaml:1:1: a: wrong"]),
    (click.UsageError("no such option"), 2, ["error: no such option"]),
    (PermissionError(13, "Permission denied", "out.csv"), 1, ["error: out.csv: permission denied"]),
    (KeyboardInterrupt(), 130, ["error: interrupted"]),
    (click.Abort(), 130, ["error: interrupted"]),
    (
        ZeroDivisionError("oh"),
        1,
        [
            "error: ZeroDivisionError: oh",
            "  → unexpected error; run again with -v for the traceback",
        ],
    ),
]


@pytest.mark.parametrize(("error", "code", "lines"), CASES, ids=lambda case: type(case).__name__)
def test_an_error_is_printed_with_its_hint_and_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, lines: list[str]
) -> None:
    assert print_error(error, Settings()) == code

    captured = capsys.readouterr()
    assert captured.err.splitlines() == lines
    assert captured.out == ""


def test_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    SECRETS.add("swordfish")
    error = MedallionError("mongodb://u:hunter2@host refused", hint="check swordfish")

    print_error(error, Settings())

    assert capsys.readouterr().err == "error: mongodb://u:***@host refused\n  → check ***\n"


def test_closing_lines_come_last_and_in_one_line_when_interrupted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_error(MedallionError("broken"), Settings(closing=["release r1 is still published"]))
    assert capsys.readouterr().err == "error: broken\nrelease r1 is still published\n"

    print_error(KeyboardInterrupt(), Settings(closing=["release r1 is still published"]))
    assert capsys.readouterr().err == "error: interrupted; release r1 is still published\n"


def test_a_traceback_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError("bad")

    print_error(error, Settings())
    assert "Traceback" not in capsys.readouterr().err
    try:
        raise error
    except ValueError as raised:
        print_error(raised, Settings(verbose=True))
    assert "Traceback" in capsys.readouterr().err


def test_scripts_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    error = GateError("too few", hint="look")
    error.run = Run(
        id="r1", pipeline="p", status="failed", started=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert print_error(error, Settings(as_json=True)) == 1
    found = json.loads(capsys.readouterr().err)["error"]
    assert (found["type"], found["message"], found["hint"], found["exit_code"]) == (
        "GateError",
        "too few",
        "look",
        1,
    )
    assert found["run"]["id"] == "r1"

    print_error(DeclarationError([Problem("m.yaml:1:1", "a", "wrong")]), Settings(as_json=True))
    found = json.loads(capsys.readouterr().err)["error"]
    assert found["problems"] == [{"place": "m.yaml:1:1", "path": "a", "message": "wrong"}]
