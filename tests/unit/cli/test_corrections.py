"""`medallion corrections`: they are listed and revoked."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call
from tests.unit.cli.test_correct import edit


def test_corrections_are_listed_and_revoked(call: Call, published: Path) -> None:
    assert call(published, "corrections").out == "no corrections\n"
    path = edit(call, published, "rejects.csv", age="35")
    call(published, "correct", "gold.clients", str(path), "--note", "asked her")
    (row,) = call(published, "corrections", "--json").json
    assert (row["values"], row["note"], row["applied"]) == ({"age": "35"}, "asked her", False)
    shown = call(published, "corrections", "gold.clients").out
    assert row["id"] in shown
    assert "age: x → 35" in shown
    assert call(published, "corrections", "--revoke", row["id"], "--json").json == {
        "revoked": [row["id"]]
    }
    assert call(published, "corrections", "--revoke", "x").code == 2
    assert call(published, "corrections", "--json").json[0]["state"] == "revoked"


def test_a_correction_is_purged(call: Call, published: Path) -> None:
    path = edit(call, published, "rejects.csv", age="35")
    call(published, "correct", "gold.clients", str(path), "--note", "asked her")
    (row,) = call(published, "corrections", "--json").json
    result = call(published, "corrections", "--revoke", row["id"], "--purge")
    assert result.out.splitlines()[0] == "1 correction revoked and purged"
    (purged,) = call(published, "corrections", "--json").json
    assert (purged["original"], purged["values"], purged["note"]) == ({}, {}, "")
    assert (purged["id"], purged["created"]) == (row["id"], row["created"])
    assert "(purged)" in call(published, "corrections").out
    alone = call(published, "corrections", "--purge")
    assert (alone.code, "--purge needs --revoke ID" in alone.err) == (2, True)
