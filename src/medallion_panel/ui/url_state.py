"""The URL of the page: it contains the page and its filters; Back and Forward restore them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlencode

import panel as pn
import param
from panel.io import location
from panel.io.location import Location
from param.parameterized import no_instance_params

Parameters = dict[str, list[str]]

_update_synced = Location._update_synced
_location_params = location._get_location_params


def accept_any_search() -> None:
    """Let the query string of a URL have any values, such as `²` and `a?b`. Idempotent.

    Panel 1.9.4 also converts the values for `Location.sync`, which this dashboard does not use. It
    takes every text of digits for an integer, and raises ValueError where `int` does: for `²`, and
    for more than 4,300 digits. It raises it for a second question mark, too. A link with such a
    value was an empty page.
    """
    Location._update_synced = _update_where_possible
    location._get_location_params = _params_of_any_uri


def _update_where_possible(location: Location, event: Any = None) -> None:
    with suppress(ValueError):
        _update_synced(location, event)


def _params_of_any_uri(protocol: str, host: str, uri: str | None) -> dict[str, str]:
    path, mark, search = (uri or "").partition("?")
    search = search.replace("?", "%3F").replace("#", "%23")
    params: dict[str, str] = _location_params(protocol, host, f"{path}{mark}{search}")
    return params


@no_instance_params
class BrowserHistory(pn.custom.JSComponent):
    """The query string of the URL (`search`) and a narrow screen, as the browser has them.

    A change of `search` is a new entry in the history, which Back and Forward move through: Panel
    adds one for each of those, too, and so lost what was to come. `moves` counts them. `written`
    says that the server has set `search`.
    """

    search = param.String()
    written = param.Boolean(default=False)
    moves = param.Integer(default=0)
    narrow = param.Boolean(default=False)
    listening = param.Boolean(default=False)

    _esm = """
    export function render({ model }) {
      // Before `listening` the server would not receive the change.
      const measure = () => { if (model.listening) model.narrow = window.innerWidth < 900 }
      model.on("listening", measure)
      measure()
      window.addEventListener("resize", measure)
      const push = (search) => {
        const { pathname, hash } = window.location
        if (search !== window.location.search) {
          window.history.pushState({}, "", `${pathname}${search}${hash}`)
        }
      }
      model.on("search", () => push(model.search))
      if (model.written) push(model.search)
      const moved = () => { model.search = window.location.search; model.moves += 1 }
      window.addEventListener("popstate", moved)
      // A link to another page does not reload the dashboard.
      const follow = (event) => {
        const link = event.composedPath().find((each) => each.localName === "a")
        const target = link?.getAttribute("href") ?? ""
        const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
        if (!target.startsWith("?page=") || event.button || !plain) return
        event.preventDefault()
        const search = new URLSearchParams(target), former = new URLSearchParams(location.search)
        for (const name of ["theme", "release"]) {
          if (former.has(name)) search.set(name, former.get(name))
        }
        push(`?${search}`)
        moved()
      }
      document.addEventListener("click", follow)
      model.on("remove", () => {
        window.removeEventListener("popstate", moved)
        document.removeEventListener("click", follow)
        window.removeEventListener("resize", measure)
      })
      return document.createElement("span")
    }
    """


class UrlState:
    """Reads and writes the query string of the URL.

    Parameters: `moved` is called when a visitor goes back or forward, `narrow` when the screen
    becomes narrow or wide.
    """

    def __init__(self, moved: Callable[[], None], narrow: Callable[[bool], None]) -> None:
        location = pn.state.location
        search = (location.search if location else "") or ""
        self.component = BrowserHistory(search=search, width=0, height=0, margin=0)
        self.component.param.watch(lambda _: moved(), "moves")
        self.component.param.watch(lambda event: narrow(event.new), "narrow")

    def listen(self) -> None:
        """Ask the browser for the width of its screen, once the server can receive the answer."""
        self.component.listening = True

    def read(self) -> Parameters:
        """The parameters of the query string."""
        return parse_qs(self.component.search.removeprefix("?"))

    def first(self, name: str) -> str:
        """The first value of a parameter, empty where there is none."""
        return next(iter(self.read().get(name, ())), "")

    def write(self, parameters: Mapping[str, Sequence[str]], kept: Sequence[str] = ()) -> None:
        """Set the query string, as a new entry in the browser's history.

        Parameters: those of the names `kept` stay as they are.
        """
        former = self.read()
        parameters = {**parameters, **{name: former[name] for name in kept if name in former}}
        search = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        self.component.param.update(search=search, written=True)
