"""The range of days of a control, and the words and form of its locale."""

from __future__ import annotations

from datetime import date

import pytest

from medallion_panel.section import Dashboard
from medallion_panel.ui.date_range_input import DateRangeInput
from medallion_panel.ui.formats import Formats

BOUNDS = (date(2024, 1, 15), date(2024, 12, 15))
GERMAN = Formats.of(Dashboard(locale="de_DE"))


@pytest.mark.parametrize(
    ("first", "last", "value"),
    [
        ("", "", None),
        ("2024-02-01", "2024-03-01", (date(2024, 2, 1), date(2024, 3, 1))),
        ("2024-02-01", "", (date(2024, 2, 1), BOUNDS[1])),
        ("", "2024-03-01", (BOUNDS[0], date(2024, 3, 1))),
    ],
)
def test_an_end_that_is_not_chosen_is_its_bound(
    first: str, last: str, value: tuple[date, date] | None
) -> None:
    control = DateRangeInput.of("Seit", GERMAN)
    control.show(BOUNDS, None)
    control.param.update(first=first, last=last)
    assert control.value == value


def test_a_range_is_shown_within_its_bounds_in_the_words_of_the_locale() -> None:
    control = DateRangeInput.of("Seit", GERMAN)
    control.show(BOUNDS, (date(2024, 2, 1), date(2024, 3, 1)))
    assert (control.first, control.last) == ("2024-02-01", "2024-03-01")
    assert (control.start, control.end) == ("2024-01-15", "2024-12-15")
    assert (control.tag, control.words["first"]) == ("de-DE", "erster Tag")
