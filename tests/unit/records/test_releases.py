"""Records of releases: how tables are served, and what a store needs to know."""

from __future__ import annotations

from datetime import UTC, datetime

from medallion.records import Column, File, Owner, Release, Served, Snapshot

MOMENT = datetime(2025, 1, 2, tzinfo=UTC)
FORMER = Served(table="gold.a", name="a__0", snapshot="s0", rows=1, columns=())
SERVED = Served(
    table="gold.a",
    name="a__1",
    snapshot="s1",
    rows=2,
    columns=(Column(name="id", type="int64"),),
    key=("id",),
    indexes=(("-id",),),
    mode="merge",
    former=FORMER,
)
SNAPSHOT = Snapshot(
    table="gold.a",
    id="s1",
    fingerprint="f",
    run="run",
    created=MOMENT,
    columns=(Column(name="id", type="int64"),),
    rows=2,
    bytes=9,
    files=(File(path="a", bytes=9, rows=2),),
    inputs={"silver.a": "s"},
)
RELEASE = Release(
    id="r1",
    pipeline="shop",
    run="run",
    created=MOMENT,
    sequence=3,
    token=7,
    previous="r0",
    tables={"gold.a": SNAPSHOT},
    layers={"gold": {"type": "parquet"}},
    served={"serving": {"a": SERVED}},
    lost=("b",),
)


def test_the_way_in_which_a_table_is_served_has_nothing_of_one_load() -> None:
    assert SERVED.way() == {
        "columns": SERVED.columns,
        "key": ("id",),
        "indexes": (("-id",),),
        "mode": "merge",
        "former": FORMER,
    }
    assert FORMER.way()["mode"] == "replace"


def test_a_summary_has_all_that_a_store_needs_and_no_files() -> None:
    summary = RELEASE.summary()
    assert summary.layers == {}
    assert summary.tables == {"gold.a": SNAPSHOT.summary()}
    assert summary.tables["gold.a"].files == ()
    kept = ("id", "pipeline", "run", "created", "sequence", "token", "previous", "served", "lost")
    assert [getattr(summary, name) for name in kept] == [getattr(RELEASE, name) for name in kept]
    assert summary.summary() == summary


def test_records_come_back_from_json() -> None:
    assert Release.model_validate_json(RELEASE.model_dump_json()) == RELEASE
    owner = Owner(lake="l", pipeline="shop", token=7, run="run", accepted="r0")
    assert Owner.model_validate_json(owner.model_dump_json()) == owner


def test_a_release_of_an_earlier_version_has_defaults() -> None:
    body = RELEASE.model_dump(mode="json")
    for name in ("sequence", "token", "served", "lost"):
        del body[name]
    older = Release.model_validate(body)
    assert (older.sequence, older.token, older.served, older.lost) == (0, 0, {}, ())


def test_a_release_names_itself() -> None:
    assert repr(RELEASE) == "<Release r1 of shop: 1 table>"
