"""Sessions of PostgreSQL: how to connect, and what its errors mean. For sinks and sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

# An unreachable host is reported within ten seconds, a silent network within a minute.
OPTIONS = {
    "connect_timeout": "8",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "4",
    "tcp_user_timeout": "60000",
    "application_name": "medallion",
    "client_encoding": "utf8",
}

_URL_IS_CORRECT = (
    "check that the server runs and that host, port and options in the URL are correct"
)
_TOO_MANY = "too many"
_CREDENTIALS = "check user and password in the URL"
_CONNECTION_HINTS = {  # by the first part that the message has, as libpq has no codes for these
    _TOO_MANY: "raise max_connections of the server, or use fewer workers",  # may name a role
    "authentication failed": _CREDENTIALS,
    "no password supplied": _CREDENTIALS,
    'role "': _CREDENTIALS,  # there is none of this name, or it may not log in
    "permission denied for database": "grant `connect` on the database to the user",
    "no pg_hba.conf entry": "let this user connect from this host in the server's pg_hba.conf",
    "certificate": "set sslrootcert and sslmode in the URL as the server's certificate needs them",
    "SSL": "set sslmode in the URL as the server needs it",
}
_HINTS = {
    "3D000": "create the database, or correct its name in the URL",
    "53300": _CONNECTION_HINTS[_TOO_MANY],
}
# Shutdown, crash, start, dropped database, idle_session_timeout.
_ENDED_SESSIONS = ("57P01", "57P02", "57P03", "57P04", "57P05")

# Conflicts with other sessions, or with the replication of a standby, and too many sessions.
_CONFLICTS = ("40001", "40P01", "53300", "55P03")
_ABSENT = re.compile('database ".*" does not exist')


def is_unreachable(error: psycopg.Error) -> bool:
    """Whether the connection could not be opened, or was lost."""
    code = error.sqlstate or ""
    import psycopg

    lost = isinstance(error, psycopg.OperationalError) and not code
    return lost or code.startswith("08") or code in _ENDED_SESSIONS


def is_transient(error: psycopg.Error) -> bool:
    """Whether a retry may help, as it does not against a wrong password."""
    message = str(error)
    permanent = _ABSENT.search(message) or _sign(message) not in ("", _TOO_MANY)
    return (is_unreachable(error) and not permanent) or error.sqlstate in _CONFLICTS


def message_and_hint(error: psycopg.Error, hints: Mapping[str, str]) -> tuple[str, str]:
    """Message and hint of an error; `hints` are those of other errors, by SQLSTATE."""
    primary = error.diag.message_primary
    message = primary or " ".join(str(error).split())
    if not is_unreachable(error):
        return message, {**_HINTS, **hints}.get(error.sqlstate or "", "")
    fatal = message.rpartition("FATAL: ")[2].strip()
    if _ABSENT.search(fatal):
        return fatal, _HINTS["3D000"]
    hint = _CONNECTION_HINTS.get(_sign(message), _URL_IS_CORRECT)
    return f"cannot be reached: {fatal}", hint


def _sign(message: str) -> str:
    """The part of a message of libpq that says what is wrong; empty if it has none of them."""
    return next((sign for sign in _CONNECTION_HINTS if sign in message), "")
