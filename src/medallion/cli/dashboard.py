"""`medallion dashboard`: the dashboard of the active release."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from medallion.cli.settings import Command, Settings


@click.command("dashboard", cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=5006, show_default=True, help="The port to listen on.")
@click.option("--open", "show", is_flag=True, help="Open it in a browser.")
@click.pass_obj
def command(settings: Settings, host: str, port: int, show: bool) -> None:
    """Serve the dashboard (extra `panel`).

    It runs `panel serve` on the installed package. For other options of Panel, call it yourself:
    `MEDALLION_CONFIG=medallion.yaml panel serve …/medallion_panel`.
    """
    from medallion.cli.extras import needs

    settings.pipeline()  # report an invalid declaration before a server starts
    with needs("panel"):
        import medallion_panel

        if find_spec("panel_material_ui") is None:
            raise ImportError(name="panel_material_ui")
    package = str(Path(medallion_panel.__file__).parent)
    options = ["--address", host, "--port", str(port), "--allow-websocket-origin", f"{host}:{port}"]
    options += ["--allow-websocket-origin", f"localhost:{port}", *(["--show"] if show else [])]
    environment = {**os.environ, "MEDALLION_CONFIG": str(settings.path.absolute())}
    arguments = [sys.executable, "-m", "panel", "serve", package, "--warm", *options]
    os.execve(sys.executable, arguments, environment)  # noqa: S606 (no shell)
