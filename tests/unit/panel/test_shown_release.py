"""The release that a visitor sees, and the rejected records of it that they may see."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.quarantine_reader import QuarantineReader
from medallion_panel.pages.shown_release import ShownRelease, quarantine_access
from medallion_panel.section import Dashboard
from tests.coroutines import run_coroutine
from tests.integration import small
from tests.unit.panel.tables import SAY, html_in


@pytest.mark.parametrize(
    ("named", "release", "banner"),
    [
        (True, True, "and not necessarily the published one."),
        (False, False, "The published release is shown: "),
    ],
)
def test_a_release_of_the_url_is_shown_with_its_rejects(
    tmp_path: Path, named: bool, release: bool, banner: str
) -> None:
    pipeline = small.publish(tmp_path)
    reference = pipeline.lake.pointer().release if named else "2031"
    access = quarantine_access(Dashboard(why=True), QuarantineReader(pipeline))
    assert reference is not None
    assert access is not None
    with closing(pipeline.store()) as store:
        published = CachedStore(store)
        shown = ShownRelease(reference, (published, NamedStores(pipeline, store)), access, SAY)
        assert (shown.store, shown.banner.view.visible) == (published, False)
        run_coroutine(shown.open())
        assert (shown.store is not published) == release
        assert shown.rejects is not None
        assert shown.rejects.release == (reference if release else "")
        assert banner in html_in(shown.banner.view[0])
        chosen = shown.store
        run_coroutine(shown.open())
        assert shown.store is chosen


def test_only_some_visitors_see_rejected_records(tmp_path: Path) -> None:
    small.write(tmp_path)
    reader = QuarantineReader(small.load(tmp_path))
    assert quarantine_access(Dashboard(), reader) is None
    access = quarantine_access(Dashboard(why=True, corrections=True), reader)
    assert access is not None
    assert (access.author, access.enabled, access.release) == ("", True, "")
