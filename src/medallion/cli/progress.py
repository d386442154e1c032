"""What a run shows while it works: a bar on a terminal, plain lines elsewhere."""

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
    """A watcher for the length of a run, fit for where the output goes."""
    if settings.quiet or settings.as_json:
        yield _unseen
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
    """One line for each step that did something."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, event: Event) -> None:
        step, load = event.step, event.load
        if event.kind == "finished" and step and step.action not in ("unchanged", "not run"):
            why = f"  ({step.why})" if self.settings.verbose else ""
            rows = "" if step.action == "failed" else f" {count_of(step.rows, 'row')},"
            self.settings.say(f"{step.table}: {step.action},{rows} {step.seconds:.2f} s{why}")
        elif load:
            said = (
                f"{count_of(load.arrived, 'row')}, {load.seconds:.2f} s"
                if load.loaded
                else "there already"
            )
            self.settings.say(f"{load.served.table}: loaded into {load.sink}, {said}")


def _unseen(event: Event) -> None:
    del event
