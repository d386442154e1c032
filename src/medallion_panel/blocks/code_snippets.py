"""Code to run the query of a table elsewhere: Python and curl, to be copied."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import quote

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion.contracts import Query
from medallion_panel.data.stores import API_KEY, API_URL
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.print_layout import NOT_PRINTED

_DEFAULT_URL = "http://localhost:8000"


@no_instance_params
class CodeSnippetList(pn.custom.JSComponent):
    """A list of code snippets with buttons to copy them, collapsed unless `opened`.

    `items` are {title, text}; `title` is what a visitor opens.
    """

    items = param.List(default=[])
    title = param.String()
    copy_label = param.String()
    copied_label = param.String()
    opened = param.Boolean(default=False)

    _stylesheets: ClassVar[list[str]] = [
        """
        details { font-size: .85rem; color: inherit }
        summary { cursor: pointer; opacity: .8; padding: 4px 0 }
        .head { display: flex; justify-content: space-between; align-items: center;
                margin-top: 10px }
        pre { margin: 4px 0 0; padding: 10px 12px; overflow-x: auto; border-radius: 6px;
              font-size: .8rem; background: rgba(128,136,150,.14) }
        button { font: inherit; color: inherit; background: none;
                 border: 1px solid rgba(128,136,150,.5); border-radius: 6px; padding: 2px 10px;
                 cursor: pointer }
        summary:focus-visible, button:focus-visible, pre:focus-visible {
                 outline: 2px solid var(--panel-primary-color); outline-offset: 2px }
        @media print {
          summary, button { display: none } pre { overflow: visible; white-space: pre-wrap }
        }
        """
    ]

    @classmethod
    def of(cls, say: Messages) -> CodeSnippetList:
        """An empty list with its words."""
        words = {"title": say("Use these rows in code"), "copy_label": say("Copy")}
        words["copied_label"] = say("Copied")
        look = {"sizing_mode": "stretch_width", "margin": (4, 0, 0, 0)}
        return cls(**words, **look, stylesheets=[NOT_PRINTED])

    # navigator.clipboard exists only on pages from https and localhost; a selection can always be
    # copied. All texts are set as text, never as HTML.
    _esm = """
    export function render({ model }) {
      const details = document.createElement("details")
      details.open = model.opened
      const make = (tag, text, className) => {
        const element = document.createElement(tag)
        element.textContent = text
        if (className) element.className = className
        return element
      }
      const copy = async (text, button) => {
        try { await navigator.clipboard.writeText(text) } catch {
          const area = make("textarea", text)
          document.body.append(area)
          area.select()
          document.execCommand("copy")
          area.remove()
        }
        button.textContent = model.copied_label
        setTimeout(() => { button.textContent = model.copy_label }, 2000)
      }
      const draw = () => {
        details.hidden = !model.items.length
        details.replaceChildren(make("summary", model.title))
        for (const { title, text } of model.items) {
          const head = make("div", "", "head")
          const button = make("button", model.copy_label)
          button.setAttribute("aria-label", `${model.copy_label} ${title}`)
          button.onclick = () => copy(text, button)
          head.append(make("span", title), button)
          const code = make("pre", text)
          code.tabIndex = 0  // to scroll by the keyboard
          code.setAttribute("role", "group")
          code.setAttribute("aria-label", title)
          details.append(head, code)
        }
      }
      model.on("items", draw)
      draw()
      return details
    }
    """


def snippets(table: str, query: Query, say: Messages) -> list[dict[str, str]]:
    """Snippets that read all rows of a query, each as {title, text}."""
    fields = [("fields", list_text(query.fields))] if query.fields else []
    parameters = [*query_parameters(query), *fields, ("limit", "all")]
    return [
        {"title": "Python", "text": _python(table, query)},
        {"title": curl_title(say), "text": curl_command(f"tables/{quote(table)}", parameters)},
    ]


def _python(table: str, query: Query) -> str:
    rows = f"rows = [row for batch in store.scan({table!r}, query) for row in batch]"
    return f"{query_code(query, f'fields={query.fields!r}')}\n{rows}"


def query_code(query: Query, more: str) -> str:
    """Python code of a store and a query with its filters, its sort and `more` arguments."""
    filters = "".join(f"{condition!r}, " for condition in query.filters)
    sort = "".join(f"{sort!r}, " for sort in query.sort)
    code = f"Query(filters=({filters}), sort=({sort}), {more})"
    imports = "".join(f"{line}\n" for name, line in _IMPORTS.items() if name in code)
    return (
        f"{imports}import medallion as md\nfrom medallion import Filter, Query, Sort\n\n"
        f"store = md.Pipeline.load('medallion.yaml').store()\nquery = {code}"
    )


_IMPORTS = {"datetime.": "import datetime", "Decimal(": "from decimal import Decimal"}


def query_parameters(query: Query) -> list[tuple[str, str]]:
    """The parameters of the API for the filters and the sort of a query."""
    parameters = [
        (f"{condition.field}__{condition.operator}", _text(condition.value))
        for condition in query.filters
    ]
    names = [f"{'-' * sort.descending}{sort.field}" for sort in query.sort]
    return [*parameters, ("sort", list_text(names))] if names else parameters


def curl_title(say: Messages) -> str:
    """The title of a curl command: what has to run for it."""
    return "curl" if os.environ.get(API_URL) else say("curl, with medallion serve running")


def curl_command(path: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The command that asks the API for CSV. Parameters: `path` below its URL."""
    url = (os.environ.get(API_URL) or _DEFAULT_URL).rstrip("/")
    parts = "&".join(f"{quote(name)}={quote(text, safe=',')}" for name, text in parameters)
    key = f' -H "X-API-Key: ${API_KEY}"' if os.environ.get(API_KEY) else ""
    return f"curl -H 'Accept: text/csv'{key} {shlex.quote(f'{url}/{path}?{parts}')}"


def _text(value: object) -> str:
    return list_text(value) if isinstance(value, tuple) else str(value)


def list_text(values: Iterable[object]) -> str:
    """A comma-separated list, with items quoted as in CSV where needed."""
    texts = [str(value) for value in values]
    return ",".join(
        '"' + text.replace('"', '""') + '"' if not text or set(text) & set(',"') else text
        for text in texts
    )
