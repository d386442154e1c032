"""create_dashboard: a pipeline's dashboard, made anew for every visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn

from medallion.pipeline import Pipeline
from medallion_panel.data.queries import Figures
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.data.stores import open_store
from medallion_panel.pages.session import VisitorSession
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.security_headers import protect

if TYPE_CHECKING:
    import panel_material_ui as pmui


def create_dashboard(pipeline: Pipeline) -> Callable[[], pmui.Page]:
    """The dashboard of a pipeline, as a function that gives every visitor their own.

        pn.serve(create_dashboard(Pipeline.load("medallion.yaml")))

    What was read from the store is kept in common, as long as its release is the active one; page and
    filters are each visitor's. Raises CallError when the pipeline has no sink to read from.
    """
    protect()
    section = pipeline.declaration.sections.get("dashboard") or Dashboard()
    store = open_store(pipeline)
    figures, runs, formats = Figures(store), RunWatch(pipeline, store), Formats.of(section)

    def dashboard() -> pmui.Page:
        pn.extension(respect_explicit_sizing=True)  # holds for one visitor
        return VisitorSession(pipeline, section, figures, formats, runs).view

    return dashboard
