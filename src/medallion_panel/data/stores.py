"""Which store the dashboard reads: the API's where `MEDALLION_API_URL` names one, else the pipeline's own."""

from __future__ import annotations

import os
from importlib.metadata import entry_points

from medallion.contracts import Store
from medallion.errors import PluginError
from medallion.pipeline import Pipeline

API_URL = "MEDALLION_API_URL"
API_KEY = "MEDALLION_API_KEY"


def open_store(pipeline: Pipeline) -> Store:
    """The store to read. Raises CallError when the pipeline has no sink, PluginError without a client for the API.

    A client is what an installed package registers for `http` under the entry points `medallion.stores`.
    """
    url = os.environ.get(API_URL)
    if not url:
        return pipeline.store()
    found = list(entry_points(group="medallion.stores", name="http"))
    if not found:
        raise PluginError(
            f"{API_URL} is set, and nothing here reads an API",
            hint="pip install 'medallion-lake[api]'",
        )
    store: Store = found[0].load()(url, key=os.environ.get(API_KEY, ""))
    return store
