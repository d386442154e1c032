"""What errors of MySQL and MariaDB mean, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medallion.errors import NotInstalledError, SourceError, UnreachableError

_SERVER_RUNS = "check that the server runs and that host, port and options in the URL are correct"
_CREDENTIALS = "check user and password in the URL"
_RIGHTS = "grant this user the right to select from it"
_QUERY = "correct the `query`; it is one `select` statement"
_HINTS = {
    1044: "grant this user rights on the database, or correct its name in the URL",
    1045: _CREDENTIALS,
    1049: "create the database, or correct its name in the URL",
    1054: "correct `columns`, `cursor` and `key`, or the `query`",
    1060: "give one another name in the query, by `as`",
    1064: _QUERY,
    1142: _RIGHTS,
    1143: _RIGHTS,
    1146: "create it, or correct its name, which is `database.table` in another database",
    1698: _CREDENTIALS,
    1792: "a query may only read",
    2026: "set ssl-mode and ssl-ca in the URL as the server's certificate needs them",
    3159: "set ssl-mode in the URL as the server needs it",
}
# Connections that were not made, or were lost; servers that stop; too many sessions.
_LOST = (0, 1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1203, 1927)
_LOST_BY_CLIENT = range(2000, 2100)
# Conflicts with other sessions; a table that was altered after the snapshot.
_CONFLICTS = (1205, 1213, 1317, 1412)
_TLS = ("CERTIFICATE_VERIFY_FAILED", "SSL")


@contextmanager
def source_errors(label: str) -> Iterator[None]:
    """Turn errors of MySQL into SourceError, and those that a retry may help against."""
    try:
        import pymysql
    except ImportError as error:
        raise NotInstalledError(
            f"{label} needs PyMySQL, which is not installed",
            hint="pip install 'medallion-lake[mysql]'",
        ) from error
    try:
        yield
    except pymysql.Error as error:
        raise _translated(label, error) from error
    except OSError as error:  # a certificate's file
        raise SourceError(f"{label}: {error}", hint=_HINTS[2026]) from error


def _translated(label: str, error: Exception) -> SourceError | UnreachableError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else -1
    message = " ".join(str(error.args[-1] or "the connection was lost").split())
    if code in _LOST_BY_CLIENT or code in _LOST:
        if any(sign in message for sign in _TLS):
            return SourceError(f"{label}: cannot be reached: {message}", hint=_HINTS[2026])
        return UnreachableError(f"{label}: cannot be reached: {message}", hint=_SERVER_RUNS)
    if code in _CONFLICTS:
        return UnreachableError(f"{label}: {message}")
    return SourceError(f"{label}: {message}", hint=_HINTS.get(code, ""))
