"""What a run shows while it works: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from medallion.cli.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from medallion.execution import Event

Watch = Callable[["Event"], None]


@contextmanager
def watcher(settings: Settings) -> Iterator[Watch]:
    """A watcher for the length of a run, fit for where the output goes."""
    if settings.quiet or settings.as_json:
        yield _unseen
    elif sys.stdout.isatty():
        bar = Bar()
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield Lines(settings)


class Lines:
    """One line for each step that did something."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, event: Event) -> None:
        step, load = event.step, event.load
        if event.kind == "finished" and step and step.action not in ("unchanged", "not run"):
            why = f"  ({step.why})" if self.settings.verbose else ""
            rows = "" if step.action == "failed" else f" {step.rows:,} rows,"
            self.settings.say(f"{step.table}: {step.action},{rows} {step.seconds:.2f} s{why}")
        elif load:
            said = f"{load.arrived:,} rows, {load.seconds:.2f} s" if load.loaded else "there already"
            self.settings.say(f"{load.served.table}: loaded into {load.sink}, {said}")


class Bar:
    """A spinner, the tables at work and a bar; starts with the first step that does something, and leaves nothing."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.working: list[str] = []
        self._bar: Progress | None = None
        self._task: Any = None

    def __call__(self, event: Event) -> None:
        if event.kind == "planned" and event.plan:
            self.total = len(event.plan.steps)
        elif event.kind == "finished":
            self.done += 1
            self.working = [table for table in self.working if table != event.table]
            self._show(self._computing())
        elif event.kind == "started":
            self.working.append(event.table)
            self._show(self._computing())
        elif event.kind == "loading":
            self._show(f"loading {event.table}")

    def _computing(self) -> str | None:
        if not self.working:
            return None
        others = len(self.working) - 1
        return f"computing {self.working[0]}" + (f" and {others} more" if others else "")

    def close(self) -> None:
        if self._bar:
            self._bar.stop()

    def _show(self, said: str | None) -> None:
        if self._bar is None:
            if said is None:
                return
            self._bar = _bar()
            self._task = self._bar.add_task(said, total=self.total)
            self._bar.start()
        self._bar.update(self._task, completed=self.done, description=said)


def _unseen(event: Event) -> None:
    del event


def _bar() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from medallion.cli.output import console

    text = TextColumn("{task.description}", markup=False)
    return Progress(
        SpinnerColumn(),
        text,
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(),
        transient=True,
    )
