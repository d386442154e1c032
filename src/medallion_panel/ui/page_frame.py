"""The frame of all pages: header, menu and the place of the page, with its silent helpers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui
from markupsafe import escape

from medallion_panel.ui.chart_images import ChartImages
from medallion_panel.ui.color_scheme import ColorScheme, is_dark
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_repairs import PageRepairs
from medallion_panel.ui.print_layout import PrintLayout
from medallion_panel.ui.theme import theme_of


def page_frame(
    title: str,
    content: Sequence[Any],
    menu: Any,
    status: Any,
    formats: Formats,
    theme: Sequence[str],
    logo: str = "",
) -> pmui.Page:
    """The page of panel-material-ui around some content, in the theme of the dashboard.

    Parameters: `theme` is that of the URL, if it has one; `logo`, the URL of an image.
    """
    cookies = dict(pn.state.cookies)
    main = pmui.Container(
        *content,
        PageRepairs.of(formats.say),
        PrintLayout(width=0, height=0, margin=0),
        ChartImages(width=0, height=0, margin=0),
        # The full width of the screen: by default MUI stops at 1200 pixels, in a media query.
        sx={"&&": {"maxWidth": "none"}, "px": {"xs": 1.5, "md": 3}, "py": 2.5},
    )
    page = pmui.Page(
        dark_theme=is_dark(theme, cookies),
        title=title,
        logo=logo or None,
        meta_title=str(escape(title)),
        main=[main],
        sidebar=[menu],
        sidebar_width=216,
        theme_config=theme_of(formats.palette.primary),
        busy_indicator=None,
        header=[pn.Spacer(sizing_mode="stretch_width"), status],
    )
    main.append(ColorScheme.of(page, theme, cookies))
    return page
