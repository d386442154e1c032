"""The button that downloads a file."""

from __future__ import annotations

import io
import threading

import pytest

from medallion_panel.ui.downloads import download_button, in_download_thread
from tests.coroutines import run_coroutine

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


def test_the_file_is_made_in_a_thread_when_it_is_asked_for() -> None:
    calls: list[str] = []

    def file(content: bytes) -> io.BytesIO:
        calls.append(threading.current_thread().name)
        return io.BytesIO(content)

    async def callback() -> io.BytesIO:
        return await in_download_thread(file, b"a,b\n")

    button = download_button(callback, "rows.csv", "CSV", "All rows, as CSV", visible=False)
    assert (button.filename, button.label, button.description) == (
        "rows.csv",
        "CSV",
        "All rows, as CSV",
    )
    assert not button.visible
    assert calls == []
    assert run_coroutine(button.callback()).read() == b"a,b\n"
    assert [name.rstrip("0123456789") for name in calls] == ["dashboard-download_"]
