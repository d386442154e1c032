"""The hooks that Bokeh runs before it creates the server of this application, for `panel serve`."""

from __future__ import annotations

from medallion_panel.ui.security_headers import install_security_headers

install_security_headers()
