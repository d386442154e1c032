"""Variables of a declaration: `${VAR}` and the `.env` file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(
    rf"\$\$\{{|\$\{{(?:(?P<name>{_NAME})(?::-(?P<default>(?:(?!\$\{{)[^}}])*))?\}})?"
)
_SETTING = re.compile(rf"(?:export\s+)?(?P<name>{_NAME})\s*=\s*(?P<value>.*)")
_QUOTED = re.compile(r"""(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Variables:
    """Fills `${NAME}` and `${NAME:-default}`; `$${` stands for `${`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.names: set[str] = set()  # of all variables that were filled in

    def fill(self, text: str, complain: Callable[[str], None]) -> str:
        """The text with its variables replaced; `complain` gets a message for each unset one."""
        return _REFERENCE.sub(lambda match: self._value(match, complain), text)

    def _value(self, match: re.Match[str], complain: Callable[[str], None]) -> str:
        if match.group() == "$${":
            return "${"
        name, default = match["name"], match["default"]
        if name is None:
            complain(
                "`${` begins a variable: `${NAME}` or `${NAME:-default}`; "
                "write `$${` for the text itself"
            )
            return ""
        self.names.add(name)
        value = self._values.get(name)
        # As in a shell, `:-` also replaces an empty value.
        if default is not None and not value:
            return str(default)
        if value is None:
            complain(
                f"${{{name}}} is not set; set it in the environment or in .env next to this file, "
                f"or give a default: ${{{name}:-…}}"
            )
            return ""
        return value


def read_dotenv(path: Path, complain: Callable[[int, str], None]) -> dict[str, str]:
    """The settings of a `.env` file: `NAME=value` lines as in a shell.

    A missing file has none. `complain` gets the line number and a message for each line that
    cannot be read. A message never shows a value, which may be a password.
    """
    settings: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n") if path.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        complain(1, f"the file cannot be read ({type(error).__name__})")
        return settings
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        match = _SETTING.fullmatch(line)
        value = _unquoted(match["value"]) if match else None
        if match is None:
            complain(number, "this line is neither NAME=value nor a # comment")
        elif value is None:
            complain(number, f"the quote of {match['name']} is not closed, or text follows it")
        else:
            settings[match["name"]] = value
    return settings


def _unquoted(value: str) -> str | None:
    """A `.env` value without quotes and comment; None when its quotes are wrong."""
    if value[:1] not in ("'", '"'):
        return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()
    match = _QUOTED.fullmatch(value)
    if match is None:
        return None
    if match["double"] is None:
        return match["single"]
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), match["double"])
