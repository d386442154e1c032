"""Variables of a declaration, and the `.env` file."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.variables import Variables, read_dotenv

VARIABLES = Variables({"HOST": "db", "EMPTY": "", "NESTED": "${HOST}"})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("mongodb://${HOST}/x", "mongodb://db/x"),
        ("${HOST:-other}", "db"),
        ("${MISSING:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("[${EMPTY}]", "[]"),
        ("${MISSING:-}", ""),
        ("$${HOST}", "${HOST}"),
        ("${NESTED}", "${HOST}"),
        ("$HOST costs $5", "$HOST costs $5"),
    ],
)
def test_variables_are_replaced_once(text: str, filled: str) -> None:
    complaints: list[str] = []
    assert VARIABLES.fill(text, complaints.append) == filled
    assert complaints == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("${MISSING}", "${MISSING} is not set"),
        ("${", "begins a variable"),
        ("${1A}", "begins a variable"),
        ("${A:-${HOST}}", "begins a variable"),
    ],
)
def test_what_cannot_be_replaced_is_reported(text: str, complaint: str) -> None:
    complaints: list[str] = []
    VARIABLES.fill(text, complaints.append)
    assert len(complaints) == 1
    assert complaint in complaints[0]


def read(tmp_path: Path, content: bytes) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The settings of a `.env` file, and the complaints."""
    complaints: list[tuple[int, str]] = []
    path = tmp_path / ".env"
    path.write_bytes(content)
    return read_dotenv(path, lambda number, text: complaints.append((number, text))), complaints


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b c ", "b c"),
        ("A=b # note", "b"),
        ("A=b#c", "b#c"),
        ("A=# note", ""),
        ("A='b # \\n' # note", "b # \\n"),
        (r'A="b\n\"c\" # d"', 'b\n"c" # d'),
        ("A=b=c", "b=c"),
        ("A=", ""),
    ],
)
def test_a_line_is_read_as_in_a_shell(tmp_path: Path, line: str, value: str) -> None:
    content = f"\ufeff# note\r\n\r\n{line}\r\n".encode()
    assert read(tmp_path, content) == ({"A": value}, [])


@pytest.mark.parametrize("line", ["secret", "A='secret", 'A="secret" more', "1A=secret"])
def test_a_line_that_cannot_be_read_is_named_without_its_value(tmp_path: Path, line: str) -> None:
    settings, complaints = read(tmp_path, f"B=1\n{line}\nC=2\n".encode())
    assert settings == {"B": "1", "C": "2"}
    assert [number for number, _ in complaints] == [2]
    assert "secret" not in complaints[0][1]


def test_another_encoding_is_reported_and_a_missing_file_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, b"A=caf\xe9") == (
        {},
        [(1, "the file cannot be read (UnicodeDecodeError)")],
    )
    assert read_dotenv(tmp_path / "missing", lambda *_: pytest.fail("a complaint")) == {}
