"""The `dlt` source: the records of a dlt resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import Field, JsonValue, field_validator

from medallion.contracts import DataSource, SourceItem
from medallion.errors import SourceError
from medallion.identifiers import digest, now
from medallion.secrets import SECRETS
from medallion.sources.dlt.extraction import Extractions
from medallion.sources.dlt.resource import DltReference, keeps_state
from medallion.sources.increments import PERIODS, Key, Period
from medallion.storage import require_packages

if TYPE_CHECKING:
    from dlt.extract import DltResource


class DltSource(DataSource):
    """The records of a [dlt](https://dlthub.com) resource, also of dlt's own sources (extra `dlt`).

    dlt extracts the records; nothing is normalized or loaded, and no pipeline of dlt is run.
    Values are kept as the resource yields them: decimals with all digits, times in ISO 8601,
    bytes in base64, objects and lists nested. It may also yield data frames and Arrow tables.

    - `resource`: `module:function`, which names a resource, or a source with several.
    - `select`: the name of the resource, if a source has several.
    - `args`: the arguments of the function, by name. Others come from dlt's own configuration, as
      environment variables or `.dlt/secrets.toml`.
    - `key`: the columns that identify a record. A resource with `write_disposition: merge` needs
      its primary key here; then a later step keeps the newest version of each record.
    - `whole`: `daily`, `weekly` or `monthly`: how often an incremental resource is pulled whole,
      which finds deleted ones; by default only by `medallion run --refresh TABLE`.

    An incremental resource (`dlt.sources.incremental`, or one that writes to its state) is pulled
    whole at first, then each run pulls what is new as a further file. Its state is kept with these
    files in the release, so that no rollback or failed run leaves a gap. Other resources, and those
    with `write_disposition: replace`, are pulled whole by each run and compared.

    The run fails, and says why, for a resource that sends its records to several tables, or that
    merges by a `merge_key` or another strategy than `delete-insert` and `upsert`.

    ```yaml
    tables:
      bronze:
        orders:
          source:
            dlt:
              resource: shop_api:orders
              args: {api_key: "${SHOP_KEY}"}
              key: id
              whole: weekly
      silver:
        orders:
          from: bronze.orders
          steps:
            - deduplicate: {key: id, keep: last}
    ```
    """

    name: ClassVar[str] = "dlt"
    version: ClassVar[int] = 1
    value_field: ClassVar[str | None] = "resource"
    pulled_format: ClassVar[str | Mapping[str, Any]] = {"json": {"records": "."}}
    look_reads_rows: ClassVar[bool] = True

    resource: str = Field(pattern=r"^[^\W\d][\w.]*:[^\W\d]\w*$")
    select: str = ""
    args: dict[str, JsonValue] = Field(default={}, repr=False)
    key: Key = ()
    whole: Period | None = None

    @field_validator("args")
    @classmethod
    def _known_secrets(cls, args: dict[str, JsonValue]) -> dict[str, JsonValue]:
        _add_secrets(args)
        return args

    @property
    def label(self) -> str:
        return f"dlt {self.resource} {self.select}".rstrip()

    @property
    def database(self) -> str:
        """The resource with its arguments, so that only equal tables share an extraction."""
        return digest(self.model_dump(mode="json"))

    @property
    def version_key(self) -> tuple[str, ...]:
        return self.key

    @contextmanager
    def connect(self) -> Iterator[Extractions]:
        require_packages(self.label, "dlt", "dlt")
        with Extractions(self.label) as extractions:
            yield extractions

    def probe(self, connection: Extractions) -> None:
        connection.probe(self._resource())

    def look(
        self, connection: Extractions, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        """The files now. What is new is known by extracting it, once for each connection."""
        resource = self._resource()
        with_state = keeps_state(resource)
        kept = self._kept(former) if with_state and not full else []
        extraction = connection.of(resource, _cursor(kept[-1])["state"] if kept else {})
        state = cast("JsonValue", extraction.state if with_state else {})
        if kept:
            item = SourceItem(
                f"{self.label} part {len(kept):06}", extraction.token, {"state": state}
            )
            return [*kept, item] if extraction.size else kept
        if not state:
            return [SourceItem(self.label, extraction.token)]
        cursor: JsonValue = {"whole": extraction.moment, "of": self._identity, "state": state}
        return [SourceItem(self.label, extraction.token, cursor)]

    def pull(self, connection: Extractions, item: SourceItem) -> Iterator[bytes]:
        extraction = connection.by_token(item.token)
        if extraction is None:
            raise SourceError(
                f"{item.name}: a resource cannot be asked again for what it has given before",
                hint="run with --full, which pulls everything again",
            )
        yield from extraction.chunks()

    def _resource(self) -> DltResource:
        reference = DltReference(self.label, self.resource, self.select, self.args)
        return reference.load(self.key)

    def _kept(self, former: Sequence[SourceItem]) -> list[SourceItem]:
        """The files of the last release, in their order, if further parts can follow them."""
        files = sorted(former, key=lambda item: item.name)
        first = _cursor(files[0]) if files else {}
        if first.get("of") != self._identity or any("state" not in _cursor(item) for item in files):
            return []
        age = now() - datetime.fromisoformat(first["whole"])
        return [] if self.whole and age >= PERIODS[self.whole] else files

    @property
    def _identity(self) -> str:
        return digest([self.resource, self.select, self.args, self.key])


def _cursor(item: SourceItem) -> Mapping[str, Any]:
    return item.cursor if isinstance(item.cursor, dict) else {}


def _add_secrets(args: Mapping[str, JsonValue]) -> None:
    for name, value in args.items():
        SECRETS.add_setting(name, value)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                _add_secrets(each)
            elif isinstance(each, str):
                SECRETS.add_url(each)
