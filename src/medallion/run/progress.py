"""Progress bar of a run, on a terminal or in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from medallion.run.run_log import Event

    Watch = Callable[[Event], None]


@contextmanager
def with_progress(progress: bool | None, watch: Watch) -> Iterator[Watch]:
    """A watcher that also draws a bar when `progress` is True, or None in a notebook."""
    if not (in_notebook() if progress is None else progress):
        yield watch
        return
    bar = ProgressBar()

    def both(event: Event) -> None:
        bar(event)
        watch(event)

    try:
        yield both
    finally:
        bar.close()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    return "ipykernel" in sys.modules


class ProgressBar:
    """A spinner, the tables at work and a bar; it appears with the first step at work.

    Nothing stays on the screen when it is closed.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console
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

    def _show(self, text: str | None) -> None:
        if self._bar is None:
            if text is None:
                return
            self._bar = _bar(self._console)
            self._task = self._bar.add_task(text, total=self.total)
            self._bar.start()
        self._bar.update(self._task, completed=self.done, description=text)


def _bar(console: Console | None) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    text = TextColumn("{task.description}", markup=False)
    return Progress(
        SpinnerColumn(),
        text,
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
