"""Sessions of MongoDB: how to connect, and what its errors mean. For sinks and sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from medallion.contracts.table_target import masked
from medallion.errors import MedallionError
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials

if TYPE_CHECKING:
    from pymongo import MongoClient

    Client = MongoClient[dict[str, Any]]

_TIMEOUTS = {"serverSelectionTimeoutMS": 8000, "connectTimeoutMS": 8000}
_DOCUMENT_TOO_LARGE = 10334
_HINTS = {
    _DOCUMENT_TOO_LARGE: (
        "a document may have 16 MB: leave the long column out of the table, or split its rows"
    ),
    13: "give this user the role readWrite on the database",
    18: "check user, password and authSource in the URL",
    8000: "check user, password and authSource in the URL",
    14031: "free space on its disk; the published release is still served",
}
_URL_IS_CORRECT = "host, port and options in the URL are correct"
_SERVER_RUNS = f"check that the server runs and that {_URL_IS_CORRECT}"
_PEM_FILES = (
    "and that its certificates are readable PEM files, "
    "tlsCertificateKeyFile with certificate and key"
)
_TLS_HINTS = {
    "mismatch, certificate is not valid": (
        "write the host into the URL as the server's certificate names it"
    ),
    "certificate has expired": "renew the server's certificate",
    "CERTIFICATE_VERIFY_FAILED": (
        "set tlsCAFile in the URL to the certificate of the CA that signed the server's"
    ),
}
# What a client sees when the two sides disagree about TLS and the server closes the connection.
_CLOSED = ("connection closed", "reset by peer", "[SSL")


def open_client(url: str, kind: type[MedallionError]) -> Client:
    """A client, which connects on first use; an unreachable host is reported within ten seconds.

    Raises an error of a kind when the URL, or a certificate that it names, cannot be read.
    """
    from pymongo import MongoClient, errors

    SECRETS.add_url(url)
    if unclear_credentials(url):
        raise kind(
            f"{masked(url)}: the URL's user or password has unescaped URL characters",
            hint=PERCENT_ENCODE,
        )
    options = _options(url)
    timeouts = {name: value for name, value in _TIMEOUTS.items() if name.lower() not in options}
    try:
        _check_tls(url)
        _check_key_password(options)
        return MongoClient(url, appname="medallion", tz_aware=True, tzinfo=UTC, **timeouts)  # type: ignore[arg-type]
    except (ValueError, errors.ConfigurationError, OSError) as error:
        files = [
            f"{name}={value}" for name, value in _option_pairs(url) if name.lower().endswith("file")
        ]
        message = f"{error} (in the URL: {', '.join(files)})" if files else str(error)
        hint = f"check that {_URL_IS_CORRECT}" + (f", {_PEM_FILES}" if files else "")
        raise kind(f"{masked(url)}: {message}", hint=hint) from error


def is_unreachable(error: Exception) -> bool:
    """Whether the server could not be reached, or the connection was lost."""
    from pymongo import errors

    kinds = (errors.ConnectionFailure, errors.WaitQueueTimeoutError)
    return isinstance(error, kinds)


def message_and_hint(url: str, error: Exception) -> tuple[str, str]:
    """Message, with the database, and hint of an error of MongoDB or of the connection."""
    from pymongo import errors

    database = masked(url)
    if is_unreachable(error) or isinstance(error, errors.ConfigurationError):
        message = str(error).partition(", Timeout:")[0]
        return f"{database}: cannot be reached: {message}", _connection_hint(url, message)
    if isinstance(error, errors.DocumentTooLarge):
        return f"{database}: {error}", _HINTS[_DOCUMENT_TOO_LARGE]
    if isinstance(error, errors.OperationFailure):
        message, code = server_error(error)
        return f"{database}: {message}", _HINTS.get(code, "")
    return f"{database}: {error}", ""


def server_error(error: Any) -> tuple[str, int]:
    """Message and code of the server's error, without the rest of its reply."""
    details = error.details or {}
    writes = details.get("writeErrors") or [details.get("writeConcernError") or {}]
    fault = writes[0] if writes[0] else details
    return str(fault.get("errmsg") or error), int(fault.get("code") or error.code or 0)


def _query_string(url: str) -> str:
    _, mark, query = url.rpartition("?")
    return query if mark else ""


def _option_pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(_query_string(url))


def _options(url: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _option_pairs(url)}


def _check_tls(url: str) -> None:
    """Refuse what PyMongo only warns about: `tls=yes` would send the password unencrypted."""
    from pymongo.uri_parser import split_options

    tls_options = [
        option
        for option in _query_string(url).split("&")
        if option.lower().startswith(("tls", "ssl"))
    ]
    if tls_options:
        split_options("&".join(tls_options))


def _check_key_password(options: Mapping[str, str]) -> None:
    """Refuse an encrypted key without its password: OpenSSL would prompt for it and wait."""
    file = options.get("tlscertificatekeyfile")
    if (
        file
        and "tlscertificatekeyfilepassword" not in options
        and b"ENCRYPTED" in Path(file).read_bytes()
    ):
        raise ValueError("the key is encrypted and tlsCertificateKeyFilePassword=… is missing")


def _connection_hint(url: str, message: str) -> str:
    """What to do about an unreachable server; if anything answers, TLS is the usual cause."""
    untrusted = next((hint for sign, hint in _TLS_HINTS.items() if sign in message), None)
    if untrusted or not any(sign in message for sign in _CLOSED):
        return untrusted or _SERVER_RUNS
    options = _options(url)
    tls_by_default = url.startswith("mongodb+srv:") or any(
        name.startswith("tls") for name in options
    )
    if options.get("tls", options.get("ssl", str(tls_by_default).lower())) == "false":
        return f"{_SERVER_RUNS}; if it requires TLS, add tls=true and tlsCAFile=… to the URL"
    if "[SSL" in message:
        return f"{_SERVER_RUNS}; if it does not use TLS, remove tls=true and the certificates"
    if "tlscertificatekeyfile" in options:
        return f"{_SERVER_RUNS}; it must trust the CA that signed tlsCertificateKeyFile"
    return f"{_SERVER_RUNS}; if it requires client certificates, add tlsCertificateKeyFile=…"
