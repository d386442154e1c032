"""How a request says who asks."""

from __future__ import annotations

from base64 import b64encode
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medallion.secrets import SECRETS


class _Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BasicUser(_Credentials):
    """A user with a password."""

    user: str
    password: str = Field(repr=False)


class HeaderKey(_Credentials):
    """A header, such as `X-Api-Key`, and its value."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
    value: str = Field(repr=False)


class OAuth2Client(_Credentials):
    """A client that gets a token at `token_url` by its credentials."""

    token_url: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret: str = Field(repr=False)
    scope: str = ""


class Authorization(_Credentials):
    """One of `bearer` (a token), `basic`, `header` and `oauth2`."""

    bearer: str = Field("", repr=False)
    basic: BasicUser | None = None
    header: HeaderKey | None = None
    oauth2: OAuth2Client | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = [name for name in type(self).model_fields if getattr(self, name)]
        if len(kinds) != 1:
            raise ValueError("write one of `bearer`, `basic`, `header` and `oauth2`")
        SECRETS.add(self.bearer, *self.headers().values())
        if self.basic:
            SECRETS.add(self.basic.password)
        if self.oauth2:
            SECRETS.add(self.oauth2.client_secret)
        return self

    def headers(self) -> dict[str, str]:
        """The headers of a request; none for `oauth2`, whose token is not known yet."""
        if self.bearer:
            return {"Authorization": f"Bearer {self.bearer}"}
        if self.basic:
            return basic_header(self.basic.user, self.basic.password)
        return {self.header.name: self.header.value} if self.header else {}


def basic_header(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic authentication."""
    pair = b64encode(f"{user}:{password}".encode()).decode()
    SECRETS.add(pair)
    return {"Authorization": f"Basic {pair}"}
