"""Variables for the credentials in a database's URL, which no declaration may have."""

from __future__ import annotations

import re
from urllib.parse import unquote

from medallion.proposal.table_names import table_name
from medallion.secrets import SECRET_SETTING

VARIABLE = r"\$\{[^}]*\}"
SERVER_URL = re.compile(
    rf"""(?P<scheme>(postgresql|postgres|mysql|mariadb|mongodb|mongodb\+srv)://)
    ((?P<user>({VARIABLE}|[^:@/?])*)(:(?P<password>({VARIABLE}|[^@/?])*))?@)?
    (?P<place>[^?]*)(\?(?P<options>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_SECRET_OPTIONS = ("user", "authmechanismproperties")  # in lower case; MongoDB ignores the case


class CredentialVariables:
    """The variables of all URLs of a declaration: one for each value."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def replace(self, url: str) -> str:
        """A URL with variables for its user, password and secret options."""
        match = SERVER_URL.fullmatch(url)
        if match is None:
            return url
        stem = table_name(match["place"].rpartition("/")[2] or match["place"]).upper()
        user, password = match["user"] or "", match["password"]
        if password is not None:
            user = f"{self._variable(f'{stem}_USER', user)}:"
            user += self._variable(f"{stem}_PASSWORD", password)
        # MongoDB separates options by `;`, too. A password of another server may have one.
        separator = "&|;(?=[^;=]*=)" if match["scheme"].startswith("mongodb") else "&"
        options = "".join(
            self._option(option, stem)
            for option in re.split(f"({separator})", match["options"] or "")
        )
        return (
            f"{match['scheme']}{user}{'@' if user else ''}{match['place']}"
            f"{'?' if options else ''}{options}"
        )

    def _option(self, option: str, stem: str) -> str:
        """An option, with a variable for a secret value, or what separates two of them."""
        key, equals, value = option.partition("=")
        name = unquote(key)
        if name.lower() in _SECRET_OPTIONS or SECRET_SETTING.search(name):
            value = self._variable(f"{stem}_{table_name(name).upper()}", value)
        return f"{key}{equals}{value}"

    def _variable(self, stem: str, value: str) -> str:
        """A variable for a value, unless it is one or nothing."""
        if not value or re.fullmatch(VARIABLE, value):
            return value
        name, number = stem, 1
        while self._values.setdefault(name, value) != value:
            number += 1
            name = f"{stem}_{number}"
        return f"${{{name}}}"
