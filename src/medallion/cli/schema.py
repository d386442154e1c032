"""`medallion schema`: the JSON Schema of medallion.yaml, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from medallion.cli.settings import Command, Settings


@click.command("schema", cls=Command)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the schema to this file.",
)
@click.pass_obj
def command(settings: Settings, output: Path | None) -> None:
    """Print the JSON Schema of medallion.yaml, for editors.

    It covers every installed plugin. Editors complete and validate with it when the file begins
    with:

    # yaml-language-server: $schema=./medallion.schema.json
    """
    from medallion.cli.output import as_json
    from medallion.declaration.json_schema import schema

    text = as_json(schema())
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        settings.say(f"wrote {output}")
