"""Which telemetry the environment configures. Imports nothing, so that asking costs nothing."""

from __future__ import annotations

import os
from pathlib import Path

_OPENLINEAGE_FILE = "openlineage.yml"


def openlineage_file(folder: Path) -> Path | None:
    """The configuration file of OpenLineage's client, if there is one.

    `OPENLINEAGE_CONFIG` names it. Otherwise, `openlineage.yml` is looked for in a folder, that of
    the declaration; in the current one; and in `~/.openlineage`.
    """
    if name := os.environ.get("OPENLINEAGE_CONFIG"):
        return Path(name)
    folders = (folder, Path(), Path("~/.openlineage").expanduser())
    files = (place / _OPENLINEAGE_FILE for place in folders)
    return next((file for file in files if file.is_file()), None)


def sends_openlineage(folder: Path) -> bool:
    """Whether the environment, or a file in a folder, says where to send OpenLineage events."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    if os.environ.get("OPENLINEAGE_URL"):
        return True
    if any(name.startswith("OPENLINEAGE__TRANSPORT__") for name in os.environ):
        return True
    return openlineage_file(folder) is not None


def exporters(signal: str) -> tuple[str, ...]:
    """The names of OpenTelemetry's exporters of a signal, `traces` or `metrics`.

    Variables name them, or where to send to: without `OTEL_TRACES_EXPORTER`, an endpoint means
    `otlp`.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ()
    names = os.environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip()
    if names:
        return tuple(name.strip() for name in names.split(",") if name.strip() not in ("", "none"))
    prefix = "OTEL_EXPORTER_OTLP"
    endpoints = (f"{prefix}_ENDPOINT", f"{prefix}_{signal.upper()}_ENDPOINT")
    return ("otlp",) if any(os.environ.get(name) for name in endpoints) else ()


def is_observed(folder: Path) -> bool:
    """Whether any other system hears of the runs of a declaration in a folder."""
    return bool(exporters("traces") or exporters("metrics")) or sends_openlineage(folder)
