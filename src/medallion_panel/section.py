"""The section `dashboard:` of a declaration: pages with filters and blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, field_validator

from medallion.contracts import ColumnUse, Section
from medallion.errors import CallError, did_you_mean
from medallion.identifiers import TableName
from medallion.query.column_types import Kind
from medallion_panel.block_faults import Kinds, block_faults, filter_fault, period_fault
from medallion_panel.block_models import BlockModel, FormatName, TableBlock, title_slug
from medallion_panel.block_settings import Block, placed_blocks
from medallion_panel.date_spans import Preset
from medallion_panel.lake_block_settings import CatalogueBlock
from medallion_panel.logo import read_logo
from medallion_panel.palette import Palette


class FilterField(BlockModel):
    """One filter of a page: a column of any of its tables. `as` defaults to what suits its type."""

    column: str
    label: str = ""
    as_: Literal["choice", "search", "range"] | None = Field(default=None, alias="as")


class PeriodField(BlockModel):
    """The period of a page: a column of dates or periods, and what visitors see at first.

    Without a `column`, it is that of the first filter on dates. `default` is a preset such as
    `last-30-days`, and `compare` is `previous-period` or `previous-year`.
    """

    column: str = ""
    default: Preset = "all"
    compare: Literal["previous-period", "previous-year"] | None = None


class PageSettings(BlockModel):
    """One page. `icon` is the name of a Material icon; a filter applies to every block whose table
    has its column, and so does the `period`. Pages of a `group` have its heading in the menu.
    """

    title: str = Field(min_length=1)
    icon: str = "insights"
    group: str = ""
    period: Annotated[
        PeriodField | None,
        BeforeValidator(lambda value: {"column": value} if isinstance(value, str) else value),
    ] = None
    filters: tuple[FilterField, ...] = ()
    blocks: tuple[Block, ...] = Field(min_length=1)

    @field_validator("filters", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            return tuple({"column": item} if isinstance(item, str) else item for item in value)
        return value

    @field_validator("filters")
    @classmethod
    def _unique_columns(cls, filters: tuple[FilterField, ...]) -> tuple[FilterField, ...]:
        columns = [each.column for each in filters]
        for column in columns:
            if columns.count(column) > 1:
                raise ValueError(f"two filters of the column {column!r}")
        return filters

    @field_validator("blocks")
    @classmethod
    def _unique_tabs(cls, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        tabs = [tab for block in blocks for tab in block.tabs or ()]
        slugs = [tab.slug for tab in tabs]
        for tab in tabs:
            if slugs.count(tab.slug) > 1:
                raise ValueError(f"two tabs have the title {tab.title!r}")
        return blocks

    own_names: ClassVar[tuple[str, ...]] = ()  # of its own parameters in a URL

    @property
    def all_blocks(self) -> list[Block]:
        """The blocks that are drawn, those in tabs too."""
        return [block for _, block in placed_blocks(self.blocks)]

    @property
    def parameters(self) -> dict[str, list[str]]:
        """Its own parameters in a URL, next to those of its filters and blocks."""
        return {}

    @property
    def slug(self) -> str:
        """Its name in a URL."""
        return title_slug(self.title)


class Dashboard(Section):
    """The dashboard. Without this section, every served table gets a page by its columns' types.

    `why` says whether a click on a figure shows the source records behind it, with columns and
    records that the pipeline removes: by default only to visitors who have logged in.
    `explore: false` hides the page where visitors explore every served table.
    `corrections` lets visitors who have logged in correct rejected records.
    `lake_pages: false` leaves out the pages Catalogue, Runs and Quality.
    `logo` is an SVG or PNG file, relative to the declaration, and `colors` are those of the header
    and of charts.
    `locale` is the language of the interface (English, French, German or Spanish), and with
    `currency` determines how figures are written; moments are in the `time_zone`, such as
    `Europe/Paris`; `formats` and `labels` apply to columns of these names in all tables; a release
    older than `stale_after_hours` is shown in amber.

    ```yaml
    dashboard:
      title: The shop
      currency: EUR
      formats: {revenue: currency}
      pages:
        - title: Home
          icon: home
          filters: [country]
          blocks:
            - kpi: {title: Revenue, table: sales, value: sum(revenue), over: month}
            - line: {title: Revenue over time, table: sales, x: month, y: sum(revenue), width: 12}
            - table: {table: clients_stats, sort: -total_spent, search: name, detail: true}
    ```
    """

    name: ClassVar[str] = "dashboard"

    title: str = ""
    logo: str = ""
    colors: Palette = Field(default_factory=Palette)
    locale: str = "en_IE"
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    time_zone: str = "UTC"
    stale_after_hours: float = Field(default=36, gt=0)
    why: bool | None = None
    explore: bool = True
    corrections: bool = False
    lake_pages: bool = True
    formats: dict[str, FormatName] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    pages: tuple[PageSettings, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
            known = False
        except KeyError:
            known = name == "UTC"  # where no time zones are installed
        else:
            known = True
        if not known:
            names = sorted(available_timezones())
            raise ValueError(f"no time zone {name!r}{did_you_mean(name, names)}")
        return name

    @field_validator("pages")
    @classmethod
    def _unique_titles(cls, pages: tuple[PageSettings, ...]) -> tuple[PageSettings, ...]:
        slugs = [page.slug for page in pages]
        for page in pages:
            if slugs.count(page.slug) > 1:
                raise ValueError(f"two pages have the title {page.title!r}")
        return pages

    @property
    def stale_after(self) -> timedelta:
        """The age from which a release is shown in amber."""
        return timedelta(hours=self.stale_after_hours)

    def shows_why(self, *, logged_in: bool) -> bool:
        """Whether a visitor may see the source records behind figures."""
        return logged_in if self.why is None else self.why

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Problems with the rest of the declaration, as (path below the section, message)."""
        if self.corrections and self.why is False:
            message = "corrections need source records, which `why: false` shows to nobody"
            yield ("corrections",), message
        served = [TableName(name).table for name in declaration.served()]
        known = declaration.names()
        for number, page in enumerate(self.pages):
            for place, block in placed_blocks(page.blocks):
                path = ("pages", number, *place)
                if isinstance(block.content, CatalogueBlock) and block.content.of:
                    of = block.content.of
                    if of not in known:
                        yield (
                            (*path, "catalogue", "of"),
                            f"no table {of!r}{did_you_mean(of, known)}",
                        )
                kind = "table" if block.kind == "rows" else block.kind
                own = getattr(block.content, "table", None)
                named: list[tuple[tuple[str | int, ...], str]] = [(("table",), own)] if own else []
                others = block.content.references()
                named += [(field, name) for field, name, column in others if column is None]
                faults = ((field, table) for field, table in named if table not in served)
                for field, table in dict.fromkeys(faults):
                    message = f"no served table {table!r}{did_you_mean(table, served)}"
                    yield (*path, kind, *field), message

    def file_faults(self, base: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.logo:
            try:
                read_logo(base, self.logo)
            except CallError as error:
                yield ("logo",), error.message

    def column_uses(self, declaration: Any) -> Iterator[ColumnUse]:
        for number, page in enumerate(self.pages):
            path = ("pages", number)
            contents = [
                (place, block.kind, block.content) for place, block in placed_blocks(page.blocks)
            ]
            tables = dict.fromkeys(
                content.table for *_, content in contents if isinstance(content, TableBlock)
            )
            if page.period and page.period.column and tables:
                yield ColumnUse((*path, "period", "column"), tuple(tables), page.period.column)
            for position, each in enumerate(page.filters if tables else ()):
                yield ColumnUse((*path, "filters", position), tuple(tables), each.column)
            for where, kind, content in contents:
                block = (*path, *where, "table" if kind == "rows" else kind)
                if isinstance(content, TableBlock):
                    for place, column in content.columns_used():
                        yield ColumnUse((*block, *place), (content.table,), column)
                for place, table, named in content.references():
                    if named is not None:
                        yield ColumnUse((*block, *place), (table,), named)

    def type_faults(
        self, declaration: Any, kinds: Mapping[str, Kinds]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for number, page in enumerate(self.pages):
            path = ("pages", number)
            contents = [
                (where, "table" if block.kind == "rows" else block.kind, block.content)
                for where, block in placed_blocks(page.blocks)
                if isinstance(block.content, TableBlock)
            ]
            columns: dict[str, Kind] = {}  # of all tables, the first of a name
            for *_, content in contents:
                columns = {**kinds.get(content.table, {}), **columns}
            for position, each in enumerate(page.filters):
                if message := filter_fault(each.as_, each.column, columns):
                    yield (*path, "filters", position), message
            if page.period and (message := period_fault(page.period.column, columns)):
                yield (*path, "period"), message
            for where, kind, content in contents:
                for place, message in block_faults(content, kinds.get(content.table, {})):
                    yield (*path, *where, kind, *place), message
