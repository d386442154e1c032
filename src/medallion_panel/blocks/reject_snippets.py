"""Code that reads chosen rejected records: Python, and the command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from medallion_panel.data.quarantine_reader import QuarantineChoice
from medallion_panel.messages.messages import Messages

_FILTERS = ("rule", "file", "column")


def reject_snippets(
    choice: QuarantineChoice, columns: Sequence[str], say: Messages
) -> list[dict[str, str]]:
    """Snippets that read the chosen records, each as {title, text}; none without a table."""
    if not choice.table:
        return []
    filters = {name: getattr(choice, name) for name in _FILTERS if getattr(choice, name)}
    release = {"release": choice.release} if choice.release else {}
    named = "".join(f", {name}={value!r}" for name, value in {**filters, **release}.items())
    rows = "rejects.rows()"
    if columns:
        rows = f"[{{name: row[name] for name in {tuple(columns)!r}}} for row in rejects.rows()]"
    python = (
        "import medallion as md\n\npipeline = md.Pipeline.load('medallion.yaml')\n"
        f"rejects = pipeline.corrections.rejects({choice.table!r}{named})\nrows = {rows}"
    )
    snippets = [{"title": "Python", "text": python}]
    if not release:
        options = [part for name, value in filters.items() for part in (f"--{name}", value)]
        command = ["medallion", "quarantine", choice.table, *options, "--edit", "rejects.csv"]
        snippets.append({"title": say("Command line"), "text": shlex.join(command)})
    return snippets
