"""The control by which a visitor chooses the columns of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from medallion_panel.ui.choice_box import ChoiceBox
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.print_layout import NOT_PRINTED


class ColumnChooser:
    """Which of its columns a table shows; `view` is the control. Without a choice it shows all.

    Parameters: `changed` is called when a visitor chooses; `label` is that of a column, by default
    as in `formats`.
    """

    def __init__(
        self,
        formats: Formats,
        changed: Callable[[], None],
        label: Callable[[str], str] | None = None,
    ) -> None:
        self._label, self._changed = label or formats.label, changed
        self._quiet = False
        self.view = ChoiceBox.of_columns(
            formats.say,
            sizing_mode="fixed",
            width=170,
            height=40,
            visible=False,
            stylesheets=[NOT_PRINTED],
        )
        self.view.param.watch(self._on_change, "value")

    def texts(self) -> list[str]:
        """The chosen columns in the URL, none for all of them."""
        return list(self.view.value)

    def set(self, texts: Sequence[str], columns: Sequence[str]) -> list[str]:
        """Choose those of a URL among the columns of a table; returns those that it lacks."""
        self._show(columns, texts)
        return [name for name in texts if name not in columns]

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the columns of a table; what was chosen of them stays chosen."""
        self._show(columns, self.view.value)

    def shown(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Those of the columns of a table that it shows, in their order."""
        chosen = tuple(name for name in columns if name in self.view.value)
        return chosen or tuple(columns)

    def _show(self, columns: Sequence[str], chosen: Sequence[str]) -> None:
        value = [name for name in columns if name in chosen]
        labels = [self._label(name) for name in columns]
        unique = len(set(labels)) == len(labels)
        texts = labels if unique else columns
        options = [list(pair) for pair in zip(columns, texts, strict=True)]
        value = [] if len(value) == len(columns) else value
        self._quiet = True
        try:
            self.view.param.update(options=options, value=value, visible=len(columns) > 1)
        finally:
            self._quiet = False

    def _on_change(self, _event: Any) -> None:
        if not self._quiet:
            self._changed()
