"""Errors of MongoDB: which of them a retry may help against, and what they say."""

from __future__ import annotations

import pytest
from pymongo import errors

from medallion.errors import SourceError
from medallion.mongodb_session import is_unreachable, message_and_hint, open_client, server_error

URL = "mongodb://ann:s3cret@db.example.org/shop?authSource=admin"


@pytest.mark.parametrize(
    ("error", "unreachable"),
    [
        (errors.ServerSelectionTimeoutError("no server"), True),
        (errors.AutoReconnect("closed"), True),
        (errors.WaitQueueTimeoutError("busy"), True),
        (errors.OperationFailure("not authorized", 13), False),
        (errors.ConfigurationError("bad option"), False),
    ],
)
def test_a_retry_may_help_against_a_lost_connection(
    error: errors.PyMongoError, unreachable: bool
) -> None:
    assert is_unreachable(error) is unreachable


def test_a_message_names_the_database_without_its_secrets() -> None:
    message, hint = message_and_hint(URL, errors.OperationFailure("no", 18, {"errmsg": "failed"}))
    assert message == "mongodb://***@db.example.org/shop: failed"
    assert hint == "check user, password and authSource in the URL"


def test_an_error_of_the_url_is_of_the_wanted_kind() -> None:
    with pytest.raises(SourceError, match="unescaped URL characters"):
        open_client("mongodb://ann:a@b@host/db", SourceError)


def test_the_servers_own_message_and_code() -> None:
    write = errors.BulkWriteError({"writeErrors": [{"code": 11000, "errmsg": "duplicate"}]})
    assert server_error(write) == ("duplicate", 11000)
    concern = errors.OperationFailure(
        "x", 64, {"writeConcernError": {"code": 64, "errmsg": "late"}}
    )
    assert server_error(concern) == ("late", 64)
    assert server_error(errors.OperationFailure("plain", 13, {"errmsg": "not authorized"})) == (
        "not authorized",
        13,
    )
    assert server_error(errors.OperationFailure("plain")) == ("plain", 0)
