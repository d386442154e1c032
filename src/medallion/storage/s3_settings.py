"""Settings of an S3 server: MinIO, AWS or any other with the same protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from medallion.errors import CallError, did_you_mean
from medallion.secrets import SECRETS

_VARIABLES = {
    "endpoint_url": ("MEDALLION_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "key": ("AWS_ACCESS_KEY_ID",),
    "secret": ("AWS_SECRET_ACCESS_KEY",),
    "token": ("AWS_SESSION_TOKEN",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "ca_bundle": ("AWS_CA_BUNDLE",),
}


@dataclass(frozen=True)
class S3Settings:
    """The server and the credentials. Without `key` and `secret`, AWS's usual places are searched.

    `ca_bundle` is a PEM file of the certificate authorities to trust instead of the usual ones.
    `connect_timeout` and `read_timeout` are seconds for one request; `patience` is for how many
    seconds transient errors are retried.
    """

    endpoint_url: str | None = None
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    region: str | None = None
    ca_bundle: str | None = None
    connect_timeout: float = 5
    read_timeout: float = 20
    patience: float = 20

    @classmethod
    def of(cls, options: Mapping[str, Any], environment: Mapping[str, str]) -> Self:
        """Settings by name; the environment gives the rest. Raises CallError on unknown names."""
        for name in options:
            if name not in cls.__dataclass_fields__:
                raise CallError(
                    f"S3 has no setting {name!r}{did_you_mean(name, cls.__dataclass_fields__)}"
                )
        return cls(**{**s3_options(environment), **options})

    @property
    def place(self) -> str:
        """The server, for messages: without credentials."""
        if self.endpoint_url is None:
            return f"AWS S3{f' ({self.region})' if self.region else ''}"
        parts = urlsplit(self.endpoint_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """In another process, too, its secrets are masked."""
        self.__dict__.update(state)
        self.__post_init__()

    def __post_init__(self) -> None:
        SECRETS.add(self.key, self.secret, self.token)
        SECRETS.add_url(self.endpoint_url or "")


def s3_options(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that environment variables give, by the field names of `S3Settings`."""
    values = {
        name: next(
            (environment[variable] for variable in variables if environment.get(variable)), None
        )
        for name, variables in _VARIABLES.items()
    }
    return {name: value for name, value in values.items() if value is not None}
