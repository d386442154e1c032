"""What sink and store share: internal collections, the client, and hints for its errors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.records import Owner
from medallion.secrets import PERCENT_ENCODE, SECRETS, unclear_credentials

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection
    from pymongo.database import Database

    Client = MongoClient[dict[str, Any]]
    Documents = Database[dict[str, Any]]

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"
LOADS = "_medallion_loads"
POINTER = "active"

UNAUTHORIZED = 13
# No such collection; cursor not found; query plan killed, as the collection was dropped meanwhile.
GONE_CODES = (26, 43, 175)

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


def connect(url: str) -> Client:
    """A client, which connects on first use; an unreachable host is reported within ten seconds.

    Raises SinkError when the URL, or a certificate that it names, cannot be read.
    """
    from pymongo import MongoClient, errors

    SECRETS.add_url(url)
    if unclear_credentials(url):
        raise SinkError(
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
        raise SinkError(f"{masked(url)}: {message}", hint=hint) from error


class ProcessClients:
    """One client per process, created on first use: clients do not survive a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[int, Client] = {}

    def client(self) -> Client:
        """The client of this process."""
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            new_client = connect(self._url)
            client = self._clients.setdefault(process, new_client)
            # Another thread may have been first. A lock instead might be locked while forking.
            if client is not new_client:
                new_client.close()
        return client

    def close(self) -> None:
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()


def read_owner(database: Documents) -> Owner | None:
    """The recorded owner of the database, or None."""
    pointer = database[ACTIVE].find_one({"_id": POINTER}, {"owner": 1})
    return Owner.model_validate(pointer["owner"]) if pointer and pointer.get("owner") else None


@contextmanager
def sink_errors(url: str) -> Iterator[None]:
    """Turn errors of MongoDB and of the connection into SinkError, with a hint."""
    from pymongo import errors

    database = masked(url)
    try:
        yield
    except (
        errors.ConnectionFailure,
        errors.ConfigurationError,
        errors.WaitQueueTimeoutError,
    ) as error:
        message = str(error).partition(", Timeout:")[0]
        raise SinkError(
            f"{database}: cannot be reached: {message}", hint=_connection_hint(url, message)
        ) from error
    except errors.DocumentTooLarge as error:
        raise SinkError(f"{database}: {error}", hint=_HINTS[_DOCUMENT_TOO_LARGE]) from error
    except errors.OperationFailure as error:
        message, code = server_error(error)
        raise SinkError(f"{database}: {message}", hint=_HINTS.get(code, "")) from error
    except errors.PyMongoError as error:
        raise SinkError(f"{database}: {error}") from error


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


def journaled(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """The collection with journaled writes: acknowledged once they and all before are on disk.

    So a release that was reported as published survives a crash of the server.
    """
    from pymongo import WriteConcern

    concern = collection.write_concern
    if not concern.acknowledged:
        return collection
    return collection.with_options(write_concern=WriteConcern(**{**concern.document, "j": True}))
