"""The light or dark theme of a visitor: as they chose it last, or else that of their system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn
import param
from param.parameterized import no_instance_params

_COOKIE = "medallion-theme"
_SYSTEM = "medallion-system"


def is_dark(theme: Sequence[str], cookies: Mapping[str, str]) -> bool:
    """Whether a page begins dark.

    By `theme` in its URL, or else by the cookie of the last choice, or else by that of the system.
    """
    return (theme[0] if theme else cookies.get(_COOKIE) or cookies.get(_SYSTEM)) == "dark"


@no_instance_params
class ColorScheme(pn.custom.JSComponent):
    """Keeps the choice of a theme in a cookie, and follows the system where there is none.

    `dark` is what the page shows, `system` whether the visitor's system is dark. `follow` says that
    neither the URL nor a choice has a theme. The theme of a page cannot be changed reliably while
    it is drawn: a page that began in another one than the system's is loaded again.
    """

    dark = param.Boolean(default=False)
    system = param.Boolean(default=False)
    follow = param.Boolean(default=False)

    _esm = f"""
    export function render({{ model }}) {{
      const query = window.matchMedia("(prefers-color-scheme: dark)")
      let follows = model.follow
      if (follows && model.dark !== query.matches) {{
        const cookie = "{_SYSTEM}=" + (query.matches ? "dark" : "light")
        document.cookie = `${{cookie}}; path=/; SameSite=Lax`
        if (document.cookie.includes(cookie)) location.reload()
      }}
      const look = () => {{ if (follows) model.system = query.matches }}
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
        """The theme of a page, which it sets when the visitor's system changes."""
        follow = not theme and _COOKIE not in cookies
        dark = page.dark_theme
        scheme = cls(dark=dark, system=dark, follow=follow, width=0, height=0, margin=0)
        page.param.watch(lambda event: scheme.param.update(dark=event.new), "dark_theme")
        scheme.param.watch(lambda event: page.param.update(dark_theme=event.new), "system")
        return scheme
