"""The same question elsewhere: as Python, and as curl where there is an API."""

from __future__ import annotations

import os
from urllib.parse import quote

from medallion.contracts import Query
from medallion_panel.stores import API_URL


def code(table: str, query: Query) -> str:
    """What one would write to get the same rows, as Markdown."""
    python = (
        f"```python\nimport medallion as md\nfrom medallion import Filter, Query, Sort\n\n{_python(table, query)}\n```"
    )
    url = os.environ.get(API_URL)
    return f"{_fenced('bash', _curl(url, table, query))}\n\n{python}" if url else python


def _python(table: str, query: Query) -> str:
    filters = "".join(f"{condition!r}, " for condition in query.filters)
    sort = "".join(f"{sort!r}, " for sort in query.sort)
    asked = f"Query(filters=({filters}), sort=({sort}), fields={query.fields!r})"
    imports = "".join(f"{line}\n" for name, line in _NEEDED.items() if name in asked)
    return (
        f"{imports}store = md.Pipeline.load('medallion.yaml').store()\n"
        f"query = {asked}\nrows = [row for batch in store.scan({table!r}, query) for row in batch]"
    )


_NEEDED = {"Decimal(": "from decimal import Decimal", "datetime.": "import datetime"}


def _curl(url: str, table: str, query: Query) -> str:
    parts = []
    for condition in query.filters:
        value = condition.value
        name = condition.field if condition.operator == "eq" else f"{condition.field}__{condition.operator}"
        text = ",".join(map(_item, value)) if isinstance(value, tuple) else str(value)
        parts.append(f"{name}={quote(text, safe=',')}")
    if query.sort:
        parts.append("sort=" + ",".join(f"{'-' * sort.descending}{sort.field}" for sort in query.sort))
    parts.append("limit=all")
    return f"curl -H 'Accept: text/csv' '{url.rstrip('/')}/{table}?{'&'.join(parts)}'"


def _item(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _fenced(kind: str, text: str) -> str:
    return f"```{kind}\n{text}\n```"
