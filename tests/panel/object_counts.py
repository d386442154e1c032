"""A `--setup` script for servers: SIGUSR1 writes counts of live objects to `$OBJECT_COUNTS`."""

from __future__ import annotations

import gc
import json
import os
import signal
from pathlib import Path
from typing import Any

import panel_material_ui as pmui
from bokeh.document import Document
from bokeh.models import Plot

from medallion_panel.pages.session import VisitorSession


def _write_counts(*_: Any) -> None:
    gc.collect()
    counts = {kind.__name__: 0 for kind in (Document, VisitorSession, pmui.Page, Plot)}
    for each in gc.get_objects():
        for kind in (Document, VisitorSession, pmui.Page, Plot):
            counts[kind.__name__] += issubclass(type(each), kind)
    file = Path(os.environ["OBJECT_COUNTS"])
    file.with_suffix(".new").write_text(json.dumps(counts))
    file.with_suffix(".new").rename(file)


signal.signal(signal.SIGUSR1, _write_counts)
