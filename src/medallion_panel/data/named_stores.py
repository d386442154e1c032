"""The stores of releases that a URL names: candidates, and earlier releases that are kept."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

from medallion.contracts import Store
from medallion.errors import CallError, MedallionError
from medallion.lake.candidates import NAME, candidate, candidate_heads, resolve
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.stores import API_URL
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.visitor_errors import visitor_text

_MOST = 4  # stores that are kept in memory
_MOST_RELEASES = 10  # that are offered to compare with


@dataclass(frozen=True)
class NamedStore:
    """The store of one release, and the `banner` that says which one visitors see."""

    store: CachedStore
    banner: str


class NamedStores:
    """Opens the stores of named releases; visitors who see the same release share one."""

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self._pipeline, self._store = pipeline, store
        self._lock = threading.Lock()
        self._stores: OrderedDict[str, CachedStore] = OrderedDict()

    def choose(
        self, reference: str, published: CachedStore, say: Messages
    ) -> tuple[CachedStore, str]:
        """The store of a reference, and a banner for visitors; `published` without a reference."""
        if not reference:
            return published, ""
        try:
            choice = self.named(reference, say)
        except MedallionError as error:
            reason = visitor_text(error, say)
            return published, say("The published release is shown: {reason}", reason=reason)
        return choice.store, choice.banner

    def references(self, shown: Release) -> tuple[str, ...]:
        """The names of candidates, and the ids of the last published releases whose tables are
        kept, other than the release that is shown; none where the lake cannot be read.
        """
        if os.environ.get(API_URL):
            return ()
        try:
            lake = self._pipeline.lake
            names = [head.name for head in candidate_heads(lake) if head.release.id != shown.id]
            idents = [ident for ident in lake.release_ids() if ident != shown.id]
        except MedallionError:
            return ()
        return (*names, *filter(self._is_kept, idents[:_MOST_RELEASES]))

    def _is_kept(self, ident: str) -> bool:
        try:
            self._store.kept(ident)
        except MedallionError:
            return False
        return True

    def named(self, reference: str, say: Messages) -> NamedStore:
        """The store of a release, by its id or the name of a candidate.

        Raises CallError when there is none, and StorageError when the lake cannot be read.
        """
        if os.environ.get(API_URL):
            raise CallError("a dashboard that reads an API shows the published release only")
        lake = self._pipeline.lake
        release = resolve(lake, reference).summary()
        message = "This is release {release}, and not necessarily the published one."
        banner = say(message, release=release.id)
        if NAME.fullmatch(reference):
            failed = candidate(lake, reference).failed
            parts = [say("This is the candidate “{name}”. It is not published.", name=reference)]
            parts += [say("It did not pass: {gates}.", gates="; ".join(failed))] if failed else []
            banner = " ".join(parts)
        with self._lock:
            store = self._stores.setdefault(release.id, CachedStore(self._store.at(release)))
            self._stores.move_to_end(release.id)
            while len(self._stores) > _MOST:
                self._stores.popitem(last=False)
        return NamedStore(store, banner)
