"""The status in the header: the release that is shown, its age, and problems of the store or runs.

It is amber when the release is stale, red when the store is unreachable or the last run failed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import panel_material_ui as pmui

from medallion.contracts.store import Failure
from medallion.errors import MedallionError
from medallion.records import Candidate, Release
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.visitor_errors import visitor_text, without_paths


class Status:
    """The status line; `view` is its widget.

    Parameters: `stale_after`, the age from which a release is shown in amber; `show_runs`, called
    by a click, shows what has happened.
    """

    def __init__(
        self, formats: Formats, stale_after: timedelta, show_runs: Callable[[], None]
    ) -> None:
        self._formats, self._stale_after = formats, stale_after
        self.view = pmui.Chip(
            label=formats.say("Looking for a release …"),
            icon="hourglass_empty",
            size="small",
            margin=(4, 8),
            # Material's red of the dark theme is too light for white text.
            sx={
                "maxWidth": {"xs": "52vw", "md": "62vw"},
                "&.MuiChip-colorError": {"backgroundColor": "#c62828", "color": "#ffffff"},
            },
            on_click=lambda _: show_runs(),
        )

    def show(
        self,
        release: Release,
        failure: Failure | None = None,
        held: datetime | None = None,
        stopped: Candidate | None = None,
    ) -> None:
        """Show this release, the failure of the last run, and a hold on publication.

        `stopped` is what that run computed, where a gate stopped it.
        """
        if failure is not None and stopped is not None:
            self._show_stopped(release, stopped)
            return
        if failure is not None:
            self._show_failure(release, failure)
            return
        if held is not None:
            self._show_hold(release, held)
            return
        stale = datetime.now(UTC) - release.created > self._stale_after
        age, published = (
            write(release.created) for write in (self._formats.age, self._formats.day)
        )
        say, message = self._formats.say, "published {age} · release {release}"
        if stale:
            message = "Stale: published {age} · release {release}"
        description = "Release {release} of run {run}, {moment}"
        self.view.param.update(
            label=say(message, age=age, release=release.id),
            icon="warning" if stale else "check_circle",
            color="warning" if stale else "success",
            description=say(description, release=release.id, run=release.run, moment=published),
        )

    def _show_hold(self, release: Release, held: datetime) -> None:
        say, age, moment = self._formats.say, self._formats.age(held), self._formats.day(held)
        description = "Runs publish nothing since {moment}. Release {release} is shown."
        self.view.param.update(
            label=say("On hold since {age} · release {release}", age=age, release=release.id),
            icon="pause_circle",
            color="warning",
            description=say(description, moment=moment, release=release.id),
        )

    def _show_stopped(self, release: Release, stopped: Candidate) -> None:
        say, age = self._formats.say, self._formats.age(stopped.release.created)
        reason = without_paths("; ".join(stopped.failed))
        label = "Release stopped {age}: {reason} · release {release} is shown"
        description = (
            "A rule stopped the candidate {name}: {reason}. Release {release} is shown. "
            "The page Runs says what to do."
        )
        self.view.param.update(
            label=say(label, age=age, reason=reason, release=release.id),
            icon="front_hand",
            color="error",
            description=say(description, name=stopped.name, reason=reason, release=release.id),
        )

    def _show_failure(self, release: Release, failure: Failure) -> None:
        since, moment = self._formats.age(failure.since), self._formats.day(failure.since)
        reason = without_paths(" ".join(failure.reason.split()))
        say, published = self._formats.say, self._formats.age(release.created)
        label = "Last run failed, since {age}: {reason} · release {release} is shown"
        description = (
            "Run {run} failed: {reason}. No run has succeeded since {moment}. "
            "Release {release} is shown, published {age}."
        )
        self.view.param.update(
            label=say(label, age=since, reason=reason, release=release.id),
            icon="error",
            color="error",
            description=say(
                description,
                run=failure.run,
                reason=reason,
                moment=moment,
                release=release.id,
                age=published,
            ),
        )

    def show_error(self, error: MedallionError, shown: Release | None) -> None:
        """Show that the store cannot be read; the data on the page is of the release `shown`."""
        say = self._formats.say
        label = say("Nothing to show yet")
        if shown:
            label = say("Store unreachable: showing the last figures")
        description = visitor_text(error, say)
        self.view.param.update(
            label=label, icon="cloud_off", color="error", description=description
        )
