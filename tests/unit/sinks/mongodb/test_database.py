"""The client of MongoDB: its URL and certificates, and errors with what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient, WriteConcern, errors

from medallion.errors import SinkError
from medallion.records import Owner
from medallion.sinks.mongodb.database import (
    ACTIVE,
    POINTER,
    ProcessClients,
    connect,
    journaled,
    read_owner,
    sink_errors,
)
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import items, load

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

URL = "mongodb://ann:pw@127.0.0.1:1/shop"


def test_a_client_waits_eight_seconds_unless_the_url_says_otherwise() -> None:
    with connect("mongodb://host/db") as client:
        assert client.options.server_selection_timeout == 8
        assert client.codec_options.tz_aware
    with connect("mongodb://host/db?SERVERSELECTIONTIMEOUTMS=100&connectTimeoutMS=200") as client:
        assert client.options.server_selection_timeout == 0.1
        assert client.options.pool_options.connect_timeout == 0.2


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("mongodb://ann:a@b@host/db", "unescaped URL characters", "percent-encode"),
        ("mongodb://host:x/db", "Port", "host, port and options in the URL are correct"),
        ("mongodb://host/db?tls=yes", "tls", "host, port and options in the URL are correct"),
        ("mongodb://host/db?tls=true&tlsCAFile=/nowhere/ca.pem", "(in the URL: tlsCAFile=/nowhere/ca.pem)", "readable PEM files"),
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused(url: str, message: str, hint: str) -> None:
    with pytest.raises(SinkError) as caught:
        connect(url)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "a@b" not in str(caught.value)


def test_an_encrypted_key_needs_its_password(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    with pytest.raises(
        SinkError, match="the key is encrypted and tlsCertificateKeyFilePassword=… is missing"
    ):
        connect(f"mongodb://host/db?tls=true&tlsCertificateKeyFile={file}")


def test_each_process_has_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = ProcessClients("mongodb://host/db")
    first = clients.client()
    assert clients.client() is first
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        other = clients.client()
        assert other is not first
        clients.close()
    assert clients.client() is first
    clients.close()
    clients.close()
    assert clients.client() is not first
    clients.close()


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (errors.ServerSelectionTimeoutError("refused, Timeout: 8s, Topology: …"), "cannot be reached: refused", "check that the server runs"),
        (errors.ConfigurationError("no such option"), "cannot be reached: no such option", "check that the server runs"),
        (errors.OperationFailure("no", 13), "no", "give this user the role readWrite"),
        (errors.OperationFailure("no", 18), "no", "check user, password and authSource"),
        (errors.OperationFailure("full", 14031), "full", "free space on its disk"),
        (errors.OperationFailure("odd", 1), "odd", ""),
        (errors.DocumentTooLarge("too large"), "too large", "a document may have 16 MB"),
        (errors.InvalidOperation("closed"), "closed", ""),
    ],
)  # fmt: skip
def test_an_error_gets_a_hint_by_its_kind(error: Exception, message: str, hint: str) -> None:
    with pytest.raises(SinkError) as caught, sink_errors(URL):
        raise error
    assert caught.value.message == f"mongodb://***@127.0.0.1:1/shop: {message}"
    assert bool(caught.value.hint) is bool(hint)
    assert hint in (caught.value.hint or "")


def test_another_error_passes_unchanged() -> None:
    with pytest.raises(KeyError), sink_errors(URL):
        raise KeyError("x")


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("mongodb://host/db", "connection closed", "if it requires TLS, add tls=true"),
        ("mongodb://host/db?tls=false", "reset by peer", "if it requires TLS, add tls=true"),
        ("mongodb+srv://host/db", "connection closed", "if it requires client certificates"),
        ("mongodb://host/db?tls=true", "[SSL: WRONG_VERSION_NUMBER]", "if it does not use TLS, remove tls=true"),
        ("mongodb://host/db?tlsCAFile=ca.pem", "connection closed", "if it requires client certificates"),
        ("mongodb://host/db?tls=true&tlsCertificateKeyFile=c.pem", "connection closed", "it must trust the CA"),
        ("mongodb://host/db?tls=true", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "renew the server's certificate"),
        ("mongodb://host/db?tls=true", "CERTIFICATE_VERIFY_FAILED unable to get issuer", "set tlsCAFile in the URL"),
        ("mongodb://host/db?tls=true", "Hostname mismatch, certificate is not valid for 'x'", "write the host into the URL"),
    ],
)  # fmt: skip
def test_a_connection_that_fails_over_tls_gets_its_cause(url: str, message: str, hint: str) -> None:
    with pytest.raises(SinkError) as caught, sink_errors(url):
        raise errors.AutoReconnect(message)
    assert hint in (caught.value.hint or "")


def test_writes_are_journaled_unless_they_are_not_acknowledged() -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(connect=False)
    with client:
        collection = client["db"].get_collection(
            "c", write_concern=WriteConcern(w="majority", wtimeout=5)
        )
        assert journaled(collection).write_concern.document == {
            "w": "majority",
            "wtimeout": 5,
            "j": True,
        }
        loose = client["db"].get_collection("c", write_concern=WriteConcern(w=0))
        assert journaled(loose) is loose


def test_the_owner_is_none_before_the_first(database: Documents) -> None:
    owner = Owner(lake="id", pipeline="shop", token=3, run="r1")
    assert read_owner(database) is None
    database[ACTIVE].insert_one({"_id": POINTER, "release": "r"})
    assert read_owner(database) is None
    database[ACTIVE].update_one(
        {"_id": POINTER}, {"$set": {"owner": owner.model_dump(mode="json")}}
    )
    assert read_owner(database) == owner


def test_an_unreachable_server_is_reported() -> None:
    sink = MongoDB(url="mongodb://ann:s3cret@127.0.0.1:1/shop?serverSelectionTimeoutMS=200")
    store = sink.store()
    for ask in (sink.active, store.release, lambda: load(sink, "one", items())):
        with pytest.raises(
            SinkError, match=r"mongodb://\*\*\*@127.0.0.1:1/shop: cannot be reached"
        ) as error:
            ask()
        assert "s3cret" not in str(error.value)
    store.close()


def test_an_invalid_url_is_reported() -> None:
    messages = {
        "mongodb://127.0.0.1:99999/shop": "the URL are correct",
        "mongodb://ann:s3@cret@127.0.0.1/shop": "user or password has unescaped URL characters",
    }
    for url, message in messages.items():
        with pytest.raises(SinkError, match=message) as error:
            MongoDB(url=url).active()
        assert "cret" not in str(error.value)
