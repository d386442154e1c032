"""The heartbeat of a page and what the browser does without it."""

from __future__ import annotations

import re

import pytest

from medallion_panel.messages.messages import messages_in
from medallion_panel.ui.connection import BEAT_MS, Connection


def test_the_server_counts_beats_and_the_browser_is_patient_for_several() -> None:
    connection = Connection(width=0, height=0)
    assert (connection.beat, connection.patience) == (0, 30)
    connection.beat += 1
    assert connection.beat == 1
    assert connection.patience * 1000 >= 3 * BEAT_MS
    with pytest.raises(ValueError, match="beat"):
        connection.beat = "x"


def test_names_of_parameters_in_the_browser_are_those_of_the_server() -> None:
    names = set(re.findall(r"model\.(patience|beat|\w+)", Connection._esm)) - {"on", "document"}
    events = set(re.findall(r'model\.on\("(\w+)"', Connection._esm)) - {"remove"}
    assert names | events == {"beat", "lost", "patience"}
    assert names | events <= set(Connection.param)


def test_the_banner_is_an_alert_that_says_what_happens() -> None:
    code = Connection._esm
    assert 'setAttribute("role", "alert")' in code
    assert "banner.textContent = model.lost" in code
    assert Connection.of(messages_in("de_DE")).lost.startswith("Verbindung zum Server verloren")
    assert "innerHTML" not in code


def test_listeners_and_timers_end_with_the_page() -> None:
    code = Connection._esm
    for begin, end in (
        ("setInterval(check", "clearInterval(timer)"),
        ('addEventListener("pageshow"', 'removeEventListener("pageshow"'),
    ):
        assert (code.count(begin), code.count(end)) == (1, 1)
