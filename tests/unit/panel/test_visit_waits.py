"""The waits of visitors: the last ones of each kind."""

from __future__ import annotations

import pytest

from medallion_panel.data import visit_waits
from medallion_panel.data.visit_waits import VisitWaits


def test_the_last_waits_of_each_kind_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_waits, "_MOST", 2)
    waits = VisitWaits()
    assert waits.seconds("page") == ()
    ends = [waits.start(first=True) for _ in range(3)]
    assert waits.seconds("page") == ()
    for end in reversed(ends):
        end()
        end()
    first, second = waits.seconds("page")
    assert 0 < first < second  # the one that began last has left
    waits.start(first=False)()
    assert len(waits.seconds("change")) == 1
