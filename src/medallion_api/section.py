"""The `api:` section of medallion.yaml. Needs none of the web libraries, so that checking a declaration stays quick."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from medallion.contracts import Section
from medallion.declaration.columns import known_columns, lacks
from medallion.errors import did_you_mean
from medallion.identifiers import TableName

OWN_PATHS = (
    "/health",
    "/releases",
    "/runs",
    "/quality",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/tables",
    "/groups",
)

_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9_-]*)+")
_KEY = re.compile(r"[\w.-]{1,60}:[0-9a-f]{64}")
_RATE = re.compile(r"\d+/(second|minute|hour|day)")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Endpoint(BaseModel):
    """One path and the table it answers from.

    `filters` are the columns that may be filtered by (all, unless given), `sort` the default order
    (`-column` descends), `limit` the rows of a page, `fields` the columns shown. With `single: true`
    the answer is the table's first row by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    filters: Names | None = None
    sort: Names = ()
    limit: int = Field(default=100, ge=1)
    fields: Names = ()
    single: bool = False


def _keys() -> str:
    return os.environ.get("MEDALLION_API_KEYS", "")


class Api(Section):
    """What the REST API serves, and to whom.

    `endpoints` maps a path to a table of the last layer. Every such table is also served below
    `/tables`, unless `tables: false`. `most` is the largest page, `seconds` the time one request may take,
    `cors` the origins whose pages may read the API (`*` for all). `keys` lists `name:sha256` of each key
    that may ask, separated by commas; none means everybody may (`python -m medallion_api.keys NAME` makes
    one). `rate` limits each key, or each address when there are no keys; it is counted in `rate_storage`: each
    worker's own memory, or a Redis or MongoDB server that all share. `cache` is the memory for replies, in MB.

    ```yaml
    api:
      rate: 600/minute
      endpoints:
        /clients: {table: clients_stats, filters: [country, total_spent], sort: -total_spent, limit: 50}
        /stats/summary: {table: summary, single: true}
    ```
    """

    name = "api"

    endpoints: dict[str, Endpoint] = Field(default_factory=dict)
    tables: bool = True
    most: int = Field(default=1000, ge=1, le=100_000)
    seconds: float = Field(default=10.0, gt=0)
    cors: Names = ()
    keys: str = Field(default_factory=_keys, repr=False)
    rate: str | None = None
    rate_storage: str = Field(default="memory://", repr=False)
    cache: int = Field(default=64, ge=0)

    @field_validator("endpoints")
    @classmethod
    def _free_paths(cls, endpoints: dict[str, Endpoint]) -> dict[str, Endpoint]:
        for path in endpoints:
            if not _PATH.fullmatch(path):
                raise ValueError(f"{path!r} is no path; write it like /clients or /stats/summary")
            own = next(
                (own for own in OWN_PATHS if path == own or path.startswith(f"{own}/")), None
            )
            if own:
                raise ValueError(f"{path!r} is taken: the API answers {own} itself")
        return endpoints

    @field_validator("keys")
    @classmethod
    def _whole_keys(cls, keys: str) -> str:
        for key in filter(None, keys.split(",")):
            if not _KEY.fullmatch(key.strip()):
                raise ValueError(
                    "write keys as name:sha256, separated by commas; python -m medallion_api.keys makes one"
                )
        return keys

    @field_validator("rate")
    @classmethod
    def _known_rate(cls, rate: str | None) -> str | None:
        if rate is not None and not _RATE.fullmatch(rate):
            raise ValueError(
                f"{rate!r} is no rate; write it like 600/minute (second, minute, hour or day)"
            )
        return rate

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each key, by the name of who holds it."""
        pairs = (key.strip().split(":") for key in self.keys.split(",") if key.strip())
        return dict(pairs)

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Endpoints on tables that are not served, or on columns that their table is known to lack."""
        served = {TableName(name).table: name for name in declaration.served()}
        columns = known_columns(declaration)
        for path, endpoint in self.endpoints.items():
            if endpoint.table not in served:
                wrong = f"no served table {endpoint.table!r}{did_you_mean(endpoint.table, served)}"
                yield ("endpoints", path, "table"), wrong
                continue
            for key in ("filters", "sort", "fields"):
                for number, name in enumerate(getattr(endpoint, key) or ()):
                    plain = name.removeprefix("-") if key == "sort" else name
                    if wrong_column := lacks(
                        columns[served[endpoint.table]], plain, endpoint.table
                    ):
                        yield ("endpoints", path, key, number), wrong_column

    def identity(self) -> dict[str, Any]:
        """Nothing: no table depends on how it is served."""
        return {}
