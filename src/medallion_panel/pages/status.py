"""Which release is shown, how old it is, and from which run: on every page, amber when stale, red when the store is out
of reach or the last run failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import panel_material_ui as pmui

from medallion.contracts.store import Failure
from medallion.errors import MedallionError
from medallion.records import Release
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.visitor_errors import visitor_text, without_places


class Status:
    """The line of the header. Parameters: `stale_after`, the age from which a release is shown in amber."""

    def __init__(self, formats: Formats, stale_after: timedelta) -> None:
        self._formats, self._stale_after = formats, stale_after
        self.view = pmui.Chip(
            label="Looking for a release …",
            icon="hourglass_empty",
            size="small",
            margin=(4, 8),
            sx={"maxWidth": {"xs": "52vw", "md": "62vw"}},
        )

    def tell(self, release: Release, failure: Failure | None = None) -> None:
        """This release is shown; `failure` is that of the runs since."""
        if failure is not None:
            self._failed(release, failure)
            return
        stale = datetime.now(UTC) - release.created > self._stale_after
        age = self._formats.age(release.created)
        self.view.param.update(
            label=f"{'Stale: ' if stale else ''}published {age} · release {release.id}",
            icon="warning" if stale else "check_circle",
            color="warning" if stale else "success",
            description=f"Release {release.id} of run {release.run}, {self._formats.day(release.created)} UTC",
        )

    def _failed(self, release: Release, failure: Failure) -> None:
        since, reason = (
            self._formats.age(failure.since),
            without_places(" ".join(failure.reason.split())),
        )
        moment, published = self._formats.day(failure.since), self._formats.age(release.created)
        self.view.param.update(
            label=f"Last run failed, since {since}: {reason} · release {release.id} is shown",
            icon="error",
            color="error",
            description=f"Run {failure.run} failed: {reason}. No run has succeeded since {moment} UTC. "
            f"Release {release.id} is shown, published {published}.",
        )

    def lost(self, error: MedallionError, shown: Release | None) -> None:
        """The store cannot be read; what stands there came from `shown`."""
        what = (
            "Store out of reach: the last figures read stay here"
            if shown
            else "Nothing to show yet"
        )
        self.view.param.update(label=what, icon="cloud_off", color="error",
                               description=visitor_text(error))  # fmt: skip
