"""Settings of an S3 server: from options and from the environment."""

from __future__ import annotations

import pytest

from medallion.errors import CallError
from medallion.secrets import mask
from medallion.storage.s3_settings import S3Settings, s3_options


def test_the_environment_gives_settings_by_its_first_variable_that_is_not_empty() -> None:
    environment = {
        "MEDALLION_S3_ENDPOINT_URL": "",
        "AWS_ENDPOINT_URL_S3": "http://s3:9000",
        "AWS_ENDPOINT_URL": "http://aws:9000",
        "AWS_ACCESS_KEY_ID": "user",
        "AWS_SECRET_ACCESS_KEY": "secret-of-user",
        "AWS_SESSION_TOKEN": "token-of-user",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_CA_BUNDLE": "ca.pem",
        "HOME": "/root",
    }
    assert s3_options(environment) == {
        "endpoint_url": "http://s3:9000",
        "key": "user",
        "secret": "secret-of-user",
        "token": "token-of-user",
        "region": "eu-north-1",
        "ca_bundle": "ca.pem",
    }
    mine = {"MEDALLION_S3_ENDPOINT_URL": "http://mine:9000", "AWS_REGION": "eu-west-1"}
    settings = s3_options(environment | mine)
    assert (settings["endpoint_url"], settings["region"]) == ("http://mine:9000", "eu-west-1")
    assert s3_options({}) == {}


def test_options_win_over_the_environment() -> None:
    environment = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "user"}
    settings = S3Settings.of({"region": "us-east-1", "patience": 0}, environment)
    assert (settings.region, settings.key, settings.patience) == ("us-east-1", "user", 0)
    assert S3Settings.of({}, {}) == S3Settings()


def test_an_unknown_option_is_refused_with_a_suggestion() -> None:
    with pytest.raises(CallError, match="S3 has no setting 'regoin'; did you mean 'region'"):
        S3Settings.of({"regoin": "eu-west-1"}, {})


def test_credentials_are_neither_in_the_repr_nor_shown_elsewhere() -> None:
    credentials = {name: f"{name}-of-user" for name in ("key", "secret", "token")}
    settings = S3Settings("http://user:password-of-url@s3:9000", **credentials)
    text = repr(settings)
    assert not any(value in text for value in credentials.values())
    assert mask("key-of-user secret-of-user token-of-user password-of-url") == "*** *** *** ***"
    assert settings.place == "http://s3:9000"


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (S3Settings(), "AWS S3"),
        (S3Settings(region="eu-west-1"), "AWS S3 (eu-west-1)"),
        (S3Settings("https://s3.example.com/path", region="x"), "https://s3.example.com"),
    ],
)
def test_messages_name_the_server(settings: S3Settings, place: str) -> None:
    assert settings.place == place
