"""Credentials of URLs as variables, in whatever form servers read them."""

from __future__ import annotations

import pytest

from medallion.proposal.credential_variables import CredentialVariables


@pytest.mark.parametrize(
    ("url", "declared"),
    [
        ("mysql://h/a?USER=ann&PassWord=w", "mysql://h/a?USER=${A_USER}&PassWord=${A_PASSWORD}"),
        (
            "postgresql://h/a?pass%77ord=b;c=d&e=/f",
            "postgresql://h/a?pass%77ord=${A_PASSWORD}&e=/f",
        ),
        (
            "mongodb://h/a?w=1;tlsKeyFilePASSWORD=b;tls=true",
            "mongodb://h/a?w=1;tlsKeyFilePASSWORD=${A_TLSKEYFILEPASSWORD};tls=true",
        ),
        (
            "mongodb://[::1]:1/a?authmechanismproperties=AWS_SESSION_TOKEN:b;c",
            "mongodb://[::1]:1/a?authmechanismproperties=${A_AUTHMECHANISMPROPERTIES}",
        ),
        ("mysql://ann:w@h/a?tls=true", "mysql://${A_USER}:${A_PASSWORD}@h/a?tls=true"),
        ("mysql://ann@h/a", "mysql://ann@h/a"),
        ("mysql://${ME}:${WORD}@h/a?user=", "mysql://${ME}:${WORD}@h/a?user="),
        ("sqlite:a.db", "sqlite:a.db"),
    ],
)
def test_secrets_are_variables_and_the_rest_stays(url: str, declared: str) -> None:
    assert CredentialVariables().replace(url) == declared


def test_a_variable_has_one_value() -> None:
    variables = CredentialVariables()
    assert variables.replace("mysql://ann:w@h/a") == "mysql://${A_USER}:${A_PASSWORD}@h/a"
    assert variables.replace("mysql://ann:x@i/a") == "mysql://${A_USER}:${A_PASSWORD_2}@i/a"
