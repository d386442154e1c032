"""`medallion serve`: the API of the active release, for development."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings


@click.command("serve", cls=Command)
@click.option("--host", help="The address to listen on; default: MEDALLION_API_BIND or 127.0.0.1.")
@click.option(
    "--port",
    type=int,
    help="The port to listen on; default: that of MEDALLION_API_BIND, or 8000.",
)
@click.option(
    "--workers", type=int, help="Number of worker processes; default: WEB_CONCURRENCY or 1."
)
@click.pass_obj
def command(settings: Settings, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the REST API (extra `api`).

    In production, start gunicorn yourself: `gunicorn -c python:medallion_api.gunicorn_conf`.
    """
    from medallion.cli.extras import needs

    settings.pipeline()  # report an invalid declaration before a server starts
    with needs("api"):
        import falcon  # noqa: F401 (fails before gunicorn starts a worker)

        from medallion_api.server.development import serve
    serve(settings.path.absolute(), host, port, workers)
