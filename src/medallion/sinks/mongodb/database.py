"""The database both sides of the MongoDB sink use: its own collections, its client, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.records import Owner
from medallion.secrets import SECRETS, unclear_credentials

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

NOT_ALLOWED = 13
VANISHED = (26, 43, 175)  # no such collection, its cursor is gone, it was dropped while being read

_PATIENCE = {"serverSelectionTimeoutMS": 8000, "connectTimeoutMS": 8000}
_TOO_LARGE = 10334
_REFUSED = {
    _TOO_LARGE: "a document may have 16 MB: leave the long column out of the table, or split its rows",
    13: "give this user the role readWrite on the database",
    18: "check user, password and authSource in the URL",
    8000: "check user, password and authSource in the URL",
    14031: "make room on its disk; what was published is still served",
}
_ENCODED = "percent-encode @ : / ? # in them: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23"
_RIGHT = "host, port and options in the URL are right"
_RUNS = f"see that the server runs and that {_RIGHT}"
_PEM = "and that its certificates are PEM files which can be read here, tlsCertificateKeyFile with certificate and key"
_UNTRUSTED = {
    "mismatch, certificate is not valid": "write the host into the URL as the server's certificate names it",
    "certificate has expired": "renew the server's certificate",
    "CERTIFICATE_VERIFY_FAILED": "set tlsCAFile in the URL to the certificate of the CA that signed the server's",
}
_ENDED = (
    "connection closed",
    "reset by peer",
    "[SSL",
)  # how a server ends what it does not take for proper TLS


def connect(url: str) -> Client:
    """A client, which connects when first used; a host that is away is told within ten seconds.

    Raises SinkError when the URL, or a certificate that it names, cannot be read.
    """
    from pymongo import MongoClient, errors

    SECRETS.add_url(url)
    if unclear_credentials(url):
        raise SinkError(
            f"{masked(url)}: the URL's user or password has characters of a URL", hint=_ENCODED
        )
    options = _options(url)
    patience = {name: value for name, value in _PATIENCE.items() if name.lower() not in options}
    try:
        _check_tls(url)
        _check_key(options)
        return MongoClient(url, appname="medallion", tz_aware=True, tzinfo=UTC, **patience)  # type: ignore[arg-type]
    except (ValueError, errors.ConfigurationError, OSError) as error:
        files = [f"{name}={value}" for name, value in _given(url) if name.lower().endswith("file")]
        said = f"{error} (in the URL: {', '.join(files)})" if files else str(error)
        hint = f"see that {_RIGHT}, {_PEM}" if files else f"see that {_RIGHT}"
        raise SinkError(f"{masked(url)}: {said}", hint=hint) from error


def read_owner(database: Documents) -> Owner | None:
    """Whose database it is; None when nobody has written to it as an owner."""
    found = database[ACTIVE].find_one({"_id": POINTER}, {"owner": 1})
    return Owner.model_validate(found["owner"]) if found and found.get("owner") else None


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what MongoDB or the way to it refuses into SinkError, with what to do about it."""
    from pymongo import errors

    place = masked(url)
    try:
        yield
    except (
        errors.ConnectionFailure,
        errors.ConfigurationError,
        errors.WaitQueueTimeoutError,
    ) as error:
        said = str(error).partition(", Timeout:")[0]
        raise SinkError(f"{place}: cannot be reached: {said}", hint=_way(url, said)) from error
    except errors.DocumentTooLarge as error:
        raise SinkError(f"{place}: {error}", hint=_REFUSED[_TOO_LARGE]) from error
    except errors.OperationFailure as error:
        sentence, code = reply(error)
        raise SinkError(f"{place}: {sentence}", hint=_REFUSED.get(code, "")) from error
    except errors.PyMongoError as error:
        raise SinkError(f"{place}: {error}") from error


def reply(error: Any) -> tuple[str, int]:
    """The server's own sentence and code, without the whole reply around them."""
    details = error.details or {}
    writes = details.get("writeErrors") or [details.get("writeConcernError") or {}]
    found = writes[0] if writes[0] else details
    return str(found.get("errmsg") or error), int(found.get("code") or error.code or 0)


def _query(url: str) -> str:
    _, mark, query = url.rpartition("?")
    return query if mark else ""


def _given(url: str) -> list[tuple[str, str]]:
    return parse_qsl(_query(url))


def _options(url: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _given(url)}


def _check_tls(url: str) -> None:
    """Refuse what pymongo only warns of: with `tls=yes` it would send the password in the clear."""
    from pymongo.uri_parser import split_options

    asked = [part for part in _query(url).split("&") if part.lower().startswith(("tls", "ssl"))]
    if asked:
        split_options("&".join(asked))


def _check_key(options: Mapping[str, str]) -> None:
    """Refuse a key behind a password that is not given: OpenSSL would ask for it on the terminal, and wait."""
    file = options.get("tlscertificatekeyfile")
    if (
        file
        and "tlscertificatekeyfilepassword" not in options
        and b"ENCRYPTED" in Path(file).read_bytes()
    ):
        raise ValueError("the key is encrypted, and tlsCertificateKeyFilePassword=… is not given")


def _way(url: str, said: str) -> str:
    """What to do when the server cannot be reached; most often it is TLS when something answers all the same."""
    untrusted = next((hint for sign, hint in _UNTRUSTED.items() if sign in said), None)
    if untrusted or not any(sign in said for sign in _ENDED):
        return untrusted or _RUNS
    options = _options(url)
    implied = url.startswith("mongodb+srv:") or any(name.startswith("tls") for name in options)
    if options.get("tls", options.get("ssl", str(implied).lower())) == "false":
        return f"{_RUNS}; if it asks for TLS, add tls=true and tlsCAFile=… to it"
    if "[SSL" in said:
        return f"{_RUNS}; if it does without TLS, leave tls=true out, and the certificates"
    if "tlscertificatekeyfile" in options:
        return f"{_RUNS}; it must trust the CA that signed tlsCertificateKeyFile"
    return f"{_RUNS}; if it asks for client certificates, add tlsCertificateKeyFile=… to it"


def journaled(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """The collection, each write on disk before it is answered, with all writes before it: what was said to be
    published outlives the server's end."""
    from pymongo import WriteConcern

    asked = collection.write_concern
    if not asked.acknowledged:
        return collection
    return collection.with_options(write_concern=WriteConcern(**{**asked.document, "j": True}))
