"""The button that downloads a file."""

from __future__ import annotations

import io

import pytest

from medallion_panel.ui.downloads import download_button

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


def test_the_file_is_made_when_it_is_asked_for() -> None:
    calls: list[int] = []

    def file() -> io.BytesIO:
        calls.append(1)
        return io.BytesIO(b"a,b\n")

    button = download_button(file, "rows.csv", "CSV", "All rows, as CSV", visible=False)
    assert (button.filename, button.label, button.description) == (
        "rows.csv",
        "CSV",
        "All rows, as CSV",
    )
    assert not button.visible
    assert calls == []
    assert button.callback().read() == b"a,b\n"
