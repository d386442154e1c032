"""The address bar: page and filters stand in it, and going back brings them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlencode

import panel as pn
import param

Parts = dict[str, list[str]]


class BackListener(pn.custom.JSComponent):
    """Tells the address after Back or Forward, of which Panel says nothing, and whether the screen is a phone's."""

    search = param.String()
    moves = param.Integer(default=0)
    narrow = param.Boolean(default=False)
    listening = param.Boolean(default=False)

    _esm = """
    export function render({ model }) {
      const measure = () => { if (model.listening) model.narrow = window.innerWidth < 900 } // lost before
      model.on("listening", measure)
      measure()
      const told = () => { model.search = window.location.search; model.moves += 1 }
      window.addEventListener("popstate", told)
      model.on("remove", () => window.removeEventListener("popstate", told))
      return document.createElement("span")
    }
    """


class Address:
    """Reads and writes the query of the address. `moved` is called when a visitor goes back or forward,
    `narrow` when the screen is a phone's."""

    def __init__(self, moved: Callable[[], None], narrow: Callable[[], None]) -> None:
        self._moved = moved
        self.component = BackListener(width=0, height=0, margin=0)
        self.component.param.watch(self._went, "moves")
        self.component.param.watch(lambda _: narrow(), "narrow")

    def listen(self) -> None:
        """Ask the browser for the width of its screen, now that the server hears its answer."""
        self.component.listening = True

    def read(self) -> Parts:
        """The parts of the address by name."""
        location = pn.state.location
        return parse_qs((location.search or "").removeprefix("?")) if location else {}

    def write(self, parts: Mapping[str, Sequence[str]]) -> None:
        """Make it the address, as a new step to go back from."""
        location = pn.state.location
        search = f"?{urlencode(parts, doseq=True)}" if parts else ""
        if location and location.search != search:
            location.search = search

    def _went(self, _event: object) -> None:
        location = pn.state.location
        if location and location.search != self.component.search:
            location.search = self.component.search
        self._moved()
