"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from medallion.cli.settings import Settings
from medallion.plural import count_of
from medallion.run.progress import ProgressBar

if TYPE_CHECKING:
    from medallion.run.run_log import Event

Watch = Callable[["Event"], None]


@contextmanager
def watcher(settings: Settings) -> Iterator[Watch]:
    """Yield a function that prints the events of a run, in the form that suits the output."""
    if settings.quiet or settings.as_json:
        yield _ignore
    elif sys.stdout.isatty():
        from medallion.cli.output import console

        bar = ProgressBar(console())
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield ProgressLines(settings)


class ProgressLines:
    """Prints a line for each table that a step changed and for each load."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, event: Event) -> None:
        step, load = event.step, event.load
        if event.kind == "finished" and step and step.action not in ("unchanged", "not run"):
            why = f"  ({step.why})" if self.settings.verbose else ""
            rows = "" if step.action == "failed" else f" {count_of(step.rows, 'row')},"
            self.settings.say(f"{step.table}: {step.action},{rows} {step.seconds:.2f} s{why}")
        elif load:
            if load.loaded:
                rows = count_of(load.arrived, "row")
                action = f"loaded into {load.sink}, {rows}, {load.seconds:.2f} s"
            else:
                action = f"already loaded into {load.sink}"
            self.settings.say(f"{load.served.table}: {action}")


def _ignore(event: Event) -> None:
    del event
