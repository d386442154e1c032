"""Releases, failed runs and drift as events of charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import MedallionError
from medallion_panel.data.lake_events import lake_events
from medallion_panel.messages.messages import messages_in
from tests.integration import small

KINDS = ("releases", "failures", "drift")


def test_events_of_runs(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    say, events = messages_in("en"), lake_events(pipeline)
    assert lake_events(pipeline) is events
    (release,) = pipeline.lake.release_ids()
    (first,) = events.read(KINDS, say)
    assert (first.kind, first.text) == ("releases", f"Release {release}")
    assert first.moment == pipeline.lake.latest_run().finished  # type: ignore[union-attr]
    pipeline.run()  # unchanged: it publishes nothing
    assert events.read(KINDS, say) == [first]
    (tmp_path / "data/orders/2024-03.csv").write_text("nothing,that,fits\n1,2,3\n")
    with pytest.raises(MedallionError):
        pipeline.run()
    failure, *others = events.read(KINDS, say)
    assert failure.kind == "failures"
    assert failure.text.startswith("Run failed: ")
    assert str(tmp_path) not in failure.text
    assert first in others
    assert events.read(("drift",), say) == [each for each in others if each.kind == "drift"]


def test_an_unreachable_lake_has_no_events(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    (tmp_path / "lake").rename(tmp_path / "moved")
    assert lake_events(pipeline).read(KINDS, messages_in("en")) == []
