"""The light or dark theme of a visitor: as they chose it last, or else that of their system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn
import param

_COOKIE = "medallion-theme"


def is_dark(theme: Sequence[str], cookies: Mapping[str, str]) -> bool:
    """Whether a page begins dark: by `theme` in its URL, or else by the cookie of the last one."""
    return (theme[0] if theme else cookies.get(_COOKIE)) == "dark"


class ColorScheme(pn.custom.JSComponent):
    """Keeps the choice of a theme in a cookie, and reports a dark system where there is none.

    `dark` is what the page shows, `system` whether the visitor's system is dark. `follow` says that
    neither the URL nor a cookie has a theme.
    """

    dark = param.Boolean(default=False)
    system = param.Boolean(default=False)
    follow = param.Boolean(default=False)

    _esm = f"""
    export function render({{ model }}) {{
      const query = window.matchMedia("(prefers-color-scheme: dark)")
      let follows = model.follow
      const look = () => {{ if (follows) model.system = query.matches }}
      look()
      query.addEventListener("change", look)
      model.on("dark", () => {{
        if (follows && model.dark === query.matches) return
        follows = false
        const theme = model.dark ? "dark" : "light"
        document.cookie = `{_COOKIE}=${{theme}}; path=/; max-age=31536000; SameSite=Lax`
      }})
      model.on("remove", () => query.removeEventListener("change", look))
      return document.createElement("span")
    }}
    """

    @classmethod
    def of(cls, page: Any, theme: Sequence[str], cookies: Mapping[str, str]) -> ColorScheme:
        """The theme of a page, which it sets where the visitor's system is dark."""
        follow = not theme and _COOKIE not in cookies
        scheme = cls(dark=page.dark_theme, follow=follow, width=0, height=0, margin=0)
        page.param.watch(lambda event: scheme.param.update(dark=event.new), "dark_theme")
        scheme.param.watch(lambda event: page.param.update(dark_theme=event.new), "system")
        return scheme
