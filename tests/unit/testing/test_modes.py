"""The suite of write modes passes a sink that is right, and finds one that loses former rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Sink
from medallion.records import Mode
from medallion.sinks.sqlite import table_load
from medallion.testing.modes import ModeContract

SUITE = ModeContract()
CHECKS: list[Callable[[Sink, Mode], None]] = [
    SUITE.test_loading_upon_a_former_table_is_idempotent,
    SUITE.test_without_a_former_table_all_rows_are_new,
    SUITE.test_former_rows_get_null_in_new_columns_and_lose_removed_ones,
    SUITE.test_former_rows_are_a_group_of_the_null_of_new_columns,
    SUITE.test_former_rows_of_another_type_or_key_are_refused,
    SUITE.test_missing_former_rows_are_reported,
    SUITE.test_duplicates_among_the_new_rows_are_reported,
    SUITE.test_a_former_table_can_be_pruned_once_its_rows_are_copied,
    SUITE.test_values_of_every_type_are_copied_unchanged,
]
MODES: list[Mode] = ["append", "merge"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_is_right_passes(
    sink: Sink, check: Callable[[Sink, Mode], None], mode: Mode
) -> None:
    check(sink, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("number", [2, 3, 5, 7, 8])
def test_a_sink_that_forgets_former_rows_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, number: int, mode: Mode
) -> None:
    monkeypatch.setattr(table_load, "_join_former", lambda *_: set())
    assert found(lambda: CHECKS[number](sink, mode))


def test_a_sink_that_takes_one_mode_for_the_other_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    join = table_load._join_former

    def other_mode(connection: Any, target: Any, former: Any, kinds: Any) -> set[str]:
        mode = "merge" if target.spec.mode == "append" else "append"
        spec = target.spec.model_copy(update={"mode": mode})
        other = type(target)(spec, target.snapshot, target.name, target.place)
        return join(connection, other, former, kinds)

    monkeypatch.setattr(table_load, "_join_former", other_mode)
    from medallion.testing.modes import _PAIRS, _SPEC

    for mode in MODES:
        for spec in (_SPEC, _PAIRS):
            assert found(
                lambda mode=mode, spec=spec: SUITE.test_rows_served_before_are_still_served(
                    sink, mode, spec
                )
            )
