"""The stores of releases that a URL names."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from medallion.contracts import Query
from medallion.errors import CallError
from medallion_api import HttpStore
from medallion_api.app import assemble
from medallion_api.keys import new_key
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from tests.api import project
from tests.coroutines import run_coroutine
from tests.http_servers import serving
from tests.integration import small
from tests.unit.panel.tables import SAY


def test_a_candidate_has_a_store_of_its_own_and_a_banner(tmp_path: Path) -> None:
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


def test_the_releases_of_an_api_are_those_that_its_key_may_read(tmp_path: Path) -> None:
    key, entry = new_key("ann")
    project.write(tmp_path / "away", api=f"api: {{keys: {entry}}}\n")
    away = project.load(tmp_path / "away")
    away.run()
    first = away.lake.pointer().release
    (tmp_path / "away/data/orders/2024-03.csv").write_text(small.MARCH)
    away.run()
    (tmp_path / "away/data/orders/2024-03.csv").unlink()
    away.run(candidate="former")
    api = assemble(away)
    with serving(api.app) as url, closing(HttpStore(url, key=key)) as store:
        stores = NamedStores(away, store)
        assert stores.references(store.release()) == ("former", first)
        for reference in ("former", first):
            shown = stores.named(reference, SAY)
            (row,) = shown.store.find("total", Query(limit=1)).rows
            assert (row["orders"], row["revenue"]) == small.BOTH
        assert first in shown.banner
        assert stores.named("former", SAY).banner.endswith("is not published.")
        (row,) = store.find("total", Query(limit=1)).rows
        assert (row["orders"], row["revenue"]) == small.ALL
        with pytest.raises(CallError, match="there is no release 'april'"):
            stores.named("april", SAY)
        api.reading.store.close()
    assert stores.references(shown.store.release()) == ()
    published = CachedStore(store)
    choice = run_coroutine(stores.choose("former", published, SAY))
    assert choice.store is published
    assert choice.banner.startswith("The published release is shown: ")
