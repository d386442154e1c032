"""Who may write to a serving database."""

from __future__ import annotations

import pytest

from medallion.contracts import check_release, check_writer
from medallion.errors import LeaseError, OwnershipError
from medallion.records import Owner


def owner(token: int, run: str = "r", lake: str = "l1", accepted: str | None = None) -> Owner:
    return Owner(lake=lake, pipeline="shop", token=token, run=run, accepted=accepted)


@pytest.mark.parametrize(
    ("recorded", "writer"),
    [
        (None, owner(1)),
        (owner(9), None),
        (owner(1), owner(2)),
        (owner(2), owner(2)),
        (owner(1, "another"), owner(2)),
    ],
)
def test_a_new_or_the_same_writer_of_the_lake_may_write(
    recorded: Owner | None, writer: Owner | None
) -> None:
    check_writer("serving", recorded, writer)


@pytest.mark.parametrize("recorded", [owner(3, "r2"), owner(2, "r2")])
def test_an_older_writer_is_refused(recorded: Owner) -> None:
    with pytest.raises(LeaseError) as error:
        check_writer("serving", recorded, owner(2, "r1"))
    assert error.value.message == "serving: run r2 has published since run r1 took the lease"


def test_a_writer_of_another_lake_is_refused_whatever_its_token() -> None:
    with pytest.raises(OwnershipError, match=r"pipeline 'shop' \(lake l1\), and .* \(lake l2\)"):
        check_writer("serving", owner(1), owner(9, lake="l2"))


def test_an_unknown_release_is_refused_unless_this_lake_accepted_it() -> None:
    check_release("serving", owner(1, accepted="r9"), "l1", "r9", "shop")
    for recorded, lake in [
        (None, "l1"),
        (owner(1), "l1"),
        (owner(1, accepted="r8"), "l1"),
        (owner(1, accepted="r9"), "l2"),
    ]:
        with pytest.raises(OwnershipError, match="shows release r9 of pipeline 'shop'"):
            check_release("serving", recorded, lake, "r9", "shop")
