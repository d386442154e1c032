"""`medallion_api.asgi:app`: the API as ASGI servers take it; what gunicorn_conf starts."""

from __future__ import annotations

from medallion_api.server.front import Front
from medallion_api.wsgi import assembled

app = Front(assembled)
