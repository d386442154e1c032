"""What Bokeh runs before it makes the server of this application, for `panel serve`."""

from __future__ import annotations

from medallion_panel.ui.security_headers import protect

protect()
