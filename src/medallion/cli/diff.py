"""`medallion diff`: what differs between two releases."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option

ROWS = 20


@click.command("diff", cls=Command)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=ROWS,
    show_default=True,
    help="Maximum number of rows to list of each table.",
)
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request.")
@click.option("--html", is_flag=True, help="Print an HTML page.")
@json_option
@click.pass_obj
def command(
    settings: Settings, names: tuple[str, ...], limit: int, *, markdown: bool, html: bool
) -> None:
    """Show what differs between two releases.

    Each of NAME... is a release or a table. A release is an id, the beginning of one, or the name
    of a candidate; without B, A is compared with the current release, and without both, the current
    release with the one before it. A table, such as gold.sales, limits the comparison.
    """
    from medallion.cli.output import print_json

    tables = [name for name in names if "." in name]
    releases = [name for name in names if "." not in name]
    if len(releases) > 2:
        raise click.UsageError("name two releases at most")
    diff = settings.pipeline().diff(*releases, tables=tables, rows=limit)
    if settings.as_json:
        print_json(diff)
    elif markdown:
        from medallion.lineage.diff_markdown import markdown as as_markdown

        click.echo(as_markdown(diff), nl=False)
    elif html:
        from medallion.lineage.diff_html import document

        click.echo(document(diff), nl=False)
    elif not settings.quiet:
        from medallion.cli.diff_report import show

        show(diff)
