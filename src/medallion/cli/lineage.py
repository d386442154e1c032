"""`medallion lineage`: where a column comes from, and what depends on it."""

from __future__ import annotations

import click

from medallion.cli.settings import Command, Settings, json_option


@click.command("lineage", cls=Command)
@click.argument("column")
@click.option("--mermaid", is_flag=True, help="Print a flowchart in Mermaid.")
@json_option
@click.pass_obj
def command(settings: Settings, column: str, mermaid: bool) -> None:
    """Show what COLUMN is made of, and what depends on it.

    COLUMN is written layer.table.column. Its expressions, columns and tables are followed back to
    source files, and on to the columns, endpoints and dashboard blocks that use it. SQL is
    analysed; a column that cannot be followed, such as one of a `python` step, says so.
    """
    from medallion.cli.output import print_json

    lineage = settings.pipeline().lineage(column)
    if settings.as_json:
        print_json(lineage.summary())
        return
    from medallion.lineage.column_text import lines
    from medallion.lineage.column_text import mermaid as as_mermaid

    click.echo(as_mermaid(lineage) if mermaid else "\n".join(lines(lineage)))
