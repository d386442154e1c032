"""The stores of releases that a URL names."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from medallion.contracts import Query
from medallion.errors import CallError
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.stores import API_URL
from tests.integration import small
from tests.unit.panel.tables import SAY


def test_a_candidate_has_a_store_of_its_own_and_a_banner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = small.publish(tmp_path)
    first = pipeline.lake.pointer().release
    assert first is not None
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    with closing(pipeline.store()) as store:
        stores = NamedStores(pipeline, store)
        shown = stores.named("march", SAY)
        (row,) = shown.store.find("total", Query(limit=1)).rows
        assert (row["orders"], row["revenue"]) == small.ALL
        assert shown.banner == "This is the candidate “march”. It is not published."
        assert stores.named("march", SAY).store is shown.store
        (row,) = stores.named(first, SAY).store.find("total", Query(limit=1)).rows
        assert (row["orders"], row["revenue"]) == small.BOTH
        assert first in stores.named(first, SAY).banner
        shown_release = stores.named(first, SAY).store.release()
        assert stores.references(shown_release) == ("march",)
        candidate = stores.named("march", SAY).store.release()
        assert stores.references(candidate) == (first,)
        for name in ("april", "2031", "../x"):
            with pytest.raises(CallError, match="there is no"):
                stores.named(name, SAY)
        monkeypatch.setenv(API_URL, "http://localhost:1")
        with pytest.raises(CallError, match="shows the published release only"):
            stores.named("march", SAY)
        assert stores.references(candidate) == ()
