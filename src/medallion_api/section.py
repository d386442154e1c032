"""The `api:` section of medallion.yaml.

Imports none of the web libraries, so that checking a declaration stays quick.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from medallion.contracts import ColumnUse, Section
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
    "/why",
    "/quarantine",
)

_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9_-]*)+")
_KEY = re.compile(r"[\w.-]{1,60}:[0-9a-f]{64}")
_RATE = re.compile(r"[1-9]\d*/(second|minute|hour|day)")
# The package that each kind of `rate_limit_storage` needs.
_STORAGES = {
    "memory": "limits",
    "redis": "redis",
    "rediss": "redis",
    "mongodb": "pymongo",
    "memcached": "pymemcache",
    "valkey": "valkey",
    "valkeys": "valkey",
}


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Endpoint(BaseModel):
    """One path and the table it serves.

    `filters` are the columns that may be filtered by (default: all), `sort` the default order
    (`-column` descends), `limit` the rows of a page, `fields` the columns shown. With
    `single: true` the response is the table's first row by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    filters: Names | None = None
    sort: Names = ()
    limit: int = Field(default=100, ge=1)
    fields: Names = ()
    single: bool = False

    @field_validator("sort")
    @classmethod
    def _sorted_once(cls, sort: tuple[str, ...]) -> tuple[str, ...]:
        names = [term.removeprefix("-") for term in sort]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"sorts by {name!r} twice")
        return sort


def _keys() -> str:
    return os.environ.get("MEDALLION_API_KEYS", "")


class Api(Section):
    """What the REST API serves, and to whom.

    `endpoints` maps a path to a table of the last layer. Every such table is also served below
    `/tables`, unless `tables: false`. `/why` shows the source records behind a row of them, with
    columns and records that the pipeline removes, `/quarantine` the records that break a rule, and
    `/releases/A/diff/B` what differs between releases: by default only if there are `keys`; `why`
    (of the first two) and `diff` turn them on or off.
    `max_page_size` is the number of rows of the largest page, `query_timeout` the seconds that one
    query may take. Pages of the origins in `cors_origins` may read the API (`*` for all).

    `keys` lists `name:sha256` of each API key, separated by commas; without keys, no key is needed
    (`python -m medallion_api.keys NAME` makes one). `rate_limit` applies to each key, or to each
    address when there are no keys. Requests are counted in `rate_limit_storage`: the memory of each
    worker, or a Redis or MongoDB server that all workers share. `cache_mb` is the size of each
    worker's cache of responses, in MB.

    ```yaml
    api:
      rate_limit: 600/minute
      endpoints:
        /clients: {table: clients_stats, filters: [country], sort: -total_spent, limit: 50}
        /stats/summary: {table: summary, single: true}
    ```
    """

    name = "api"

    endpoints: dict[str, Endpoint] = Field(default_factory=dict)
    tables: bool = True
    why: bool | None = None
    diff: bool | None = None
    max_page_size: int = Field(default=1000, ge=1, le=100_000)
    query_timeout: float = Field(default=10.0, gt=0)
    cors_origins: Names = ()
    keys: str = Field(default_factory=_keys, repr=False)
    rate_limit: str | None = None
    rate_limit_storage: str = Field(default="memory://", repr=False)
    cache_mb: int = Field(default=64, ge=0)

    @field_validator("endpoints")
    @classmethod
    def _valid_paths(cls, endpoints: dict[str, Endpoint]) -> dict[str, Endpoint]:
        for path in endpoints:
            if not _PATH.fullmatch(path):
                raise ValueError(
                    f"{path!r} is not a valid path; write it like /clients or /stats/summary"
                )
            own = next(
                (own for own in OWN_PATHS if path == own or path.startswith(f"{own}/")), None
            )
            if own:
                raise ValueError(f"{path!r} is reserved: the API serves {own} itself")
        return endpoints

    @field_validator("keys")
    @classmethod
    def _valid_keys(cls, keys: str) -> str:
        for key in filter(None, keys.split(",")):
            if not _KEY.fullmatch(key.strip()):
                raise ValueError(
                    "write keys as name:sha256, separated by commas; "
                    "python -m medallion_api.keys makes one"
                )
        return keys

    @field_validator("rate_limit")
    @classmethod
    def _valid_rate(cls, rate: str | None) -> str | None:
        if rate is not None and not _RATE.fullmatch(rate):
            raise ValueError(
                f"{rate!r} is not a valid rate; "
                "write it like 600/minute (second, minute, hour or day)"
            )
        return rate

    @field_validator("rate_limit_storage")
    @classmethod
    def _usable_storage(cls, url: str) -> str:
        scheme = url.partition(":")[0]
        package = _STORAGES.get(scheme.partition("+")[0])
        if package is None or "://" not in url:
            raise ValueError("write memory://, redis://HOST, mongodb://HOST or memcached://HOST")
        if find_spec(package) is None:
            raise ValueError(f"{scheme}:// needs the package {package}: pip install {package}")
        return url

    @property
    def shows_why(self) -> bool:
        """Whether source records are served: those behind rows, and those that broke a rule."""
        return self.tables and (bool(self.hashes()) if self.why is None else self.why)

    @property
    def shows_diff(self) -> bool:
        """Whether the differences of releases are served."""
        return self.tables and (bool(self.hashes()) if self.diff is None else self.diff)

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each key, by the name of its holder."""
        pairs = (key.strip().split(":") for key in self.keys.split(",") if key.strip())
        return dict(pairs)

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Endpoints on tables that are not served."""
        served = [TableName(name).table for name in declaration.served()]
        for path, endpoint in self.endpoints.items():
            if endpoint.table not in served:
                hint = did_you_mean(endpoint.table, served)
                yield ("endpoints", path, "table"), f"no served table {endpoint.table!r}{hint}"

    def column_uses(self, declaration: Any) -> Iterator[ColumnUse]:
        for path, endpoint in self.endpoints.items():
            if not endpoint.fields:
                yield ColumnUse(("endpoints", path), (endpoint.table,), None)
            for key in ("filters", "sort", "fields"):
                for number, name in enumerate(getattr(endpoint, key) or ()):
                    column = name.removeprefix("-") if key == "sort" else name
                    yield ColumnUse(("endpoints", path, key, number), (endpoint.table,), column)

    def identity(self) -> dict[str, Any]:
        """Empty: no table depends on how it is served."""
        return {}
