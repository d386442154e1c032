"""`medallion serve`: the API of the active release, for development."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings


@click.command("serve", cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, help="How many processes answer.")
@click.pass_obj
def command(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve the REST API (extra `api`).

    For good, start gunicorn yourself: `gunicorn -c python:medallion_api.gunicorn_conf`.
    """
    from medallion.cli.extras import needs

    settings.pipeline()  # a wrong declaration is told before a server starts
    with needs("api"):
        import falcon  # noqa: F401 (told here, and not by gunicorn's worker)

        from medallion_api.serve import serve
    serve(settings.path.absolute(), host, port, workers)
