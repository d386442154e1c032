"""Links to other pages of the dashboard, which do not reload it."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

# Names in the URL. Those of declared pages have no dot.
CATALOGUE, RUNS, QUALITY = "lake.catalogue", "lake.runs", "lake.quality"


def page_link(slug: str, text: str) -> Markup:
    """A link to a page by its name in the URL."""
    return Markup("<a href='?page={}'>{}</a>").format(quote(slug), text)


def table_slug(table: str) -> str:
    """The name in the URL of the catalogue's page of a table."""
    return f"lake.{table}"


def table_link(table: str, text: str = "") -> Markup:
    """A link to the catalogue's page of a table."""
    return page_link(table_slug(table), text or table)
