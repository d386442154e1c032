"""create_dashboard: the dashboard of a pipeline, with a session of its own for every visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn

from medallion.pipeline import Pipeline
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.origin_reader import OriginReader
from medallion_panel.data.quarantine_reader import QuarantineReader
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.data.stores import open_store
from medallion_panel.logo import read_logo
from medallion_panel.pages.open_sessions import OpenSessions
from medallion_panel.pages.session import VisitorSession
from medallion_panel.section import Dashboard
from medallion_panel.ui.compression import install_compression
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.model_defaults import install_shared_defaults
from medallion_panel.ui.model_walk import install_quick_walks
from medallion_panel.ui.page_resources import install_page_resources
from medallion_panel.ui.security_headers import install_security_headers
from medallion_panel.ui.shared_watchers import install_shared_watchers
from medallion_panel.ui.url_state import accept_any_search

if TYPE_CHECKING:
    import panel_material_ui as pmui


def create_dashboard(pipeline: Pipeline) -> Callable[[], pmui.Page]:
    """The dashboard of a pipeline, as a function that creates one visitor's page per call.

        pn.serve(create_dashboard(Pipeline.load("medallion.yaml")))

    All visitors share the cached answers of the store, which are valid while their release is
    active; the page and its filters belong to one visitor. Raises CallError when the pipeline has
    no sink to read from.
    """
    install_security_headers()
    install_compression()
    install_page_resources()
    accept_any_search()
    install_quick_walks()
    install_shared_defaults()
    install_shared_watchers()
    section = pipeline.declaration.sections.get("dashboard") or Dashboard()
    store = open_store(pipeline)
    cached_store, sessions = CachedStore(store), OpenSessions(RunWatch(pipeline, store))
    named_stores = NamedStores(pipeline, store)
    logo = read_logo(pipeline.base, section.logo) if section.logo else ""
    formats, readers = Formats.of(section), (OriginReader(pipeline), QuarantineReader(pipeline))

    def dashboard() -> pmui.Page:
        pn.extension(respect_explicit_sizing=True)  # per session
        stores = (cached_store, named_stores)
        return VisitorSession(pipeline, section, stores, formats, sessions, readers, logo).view

    return dashboard
