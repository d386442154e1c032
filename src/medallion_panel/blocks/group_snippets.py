"""Code that computes figures by group elsewhere: Python, pandas, curl and SQL, to be copied."""

from __future__ import annotations

from urllib.parse import quote

from medallion.query.lake_groups import groups_sql
from medallion_panel.blocks.code_snippets import (
    curl_command,
    curl_title,
    list_text,
    query_code,
    query_parameters,
)
from medallion_panel.blocks.groups_page import MOST_GROUPS, GroupsPage

_API_LIMIT = 1000  # groups of one response


def group_snippets(page: GroupsPage) -> list[dict[str, str]]:
    """Snippets that compute the groups of a page, each as {title, text}."""
    python, say = _python(page), page.context.formats.say
    pandas = python.replace("import medallion as md\n", "import medallion as md\nimport pandas\n")
    return [
        {"title": "Python", "text": python},
        {"title": "pandas", "text": f"{pandas}\nframe = pandas.DataFrame(rows)"},
        {"title": curl_title(say), "text": _curl(page)},
        {"title": say("SQL on the lake, in DuckDB"), "text": _sql(page)},
    ]


def _python(page: GroupsPage) -> str:
    arguments = (page.block.table, page.block.by, dict(page.metrics))
    texts = ", ".join(map(repr, arguments))
    code = query_code(page.query, f"limit={MOST_GROUPS}")
    return f"{code}\nrows = store.group({texts}, query)"


def _curl(page: GroupsPage) -> str:
    metrics = list_text(f"{name}:{text}" for name, text in page.metrics.items())
    by = [("by", list_text(page.block.by))] if page.block.by else []
    parameters = [
        *by,
        ("metrics", metrics),
        *query_parameters(page.query),
        ("limit", str(_API_LIMIT)),
    ]
    return curl_command(f"groups/{quote(page.block.table)}", parameters)


def _sql(page: GroupsPage) -> str:
    table, checked = page.block.table, page.grouping
    full_name = checked.served.table
    rows = f"md.Pipeline.load('medallion.yaml').lake.table({full_name!r}).to_arrow()"
    return f"-- {table} = {rows}\n{groups_sql(table, checked)}"
