"""The owner of a lake and of its layers; between processes in tests/integration/test_ownership.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import DamagedError, OwnershipError, StorageError
from medallion.identifiers import next_id, now
from medallion.lake import ownership
from medallion.lake.lake import Lake
from medallion.lake.pointer import FORMAT
from medallion.layers.parquet import ParquetLayer
from medallion.records import Release
from medallion.storage.sealed_records import write_record


def lake(folder: Path, path: str | None = None) -> Lake:
    """A lake, whose layer has its own `path` if there is one."""
    return Lake(str(folder), base=folder.parent, layers={"gold": ParquetLayer(path=path)})


def test_the_first_write_claims_the_lake_once(tmp_path: Path) -> None:
    mine = lake(tmp_path / "lake")
    assert ownership.read_identity(mine) is None
    assert ownership.check_owner(mine, "shop") is None
    identity = ownership.claim(mine, "shop", full=False)
    assert (identity.pipeline, identity.format, identity.former) == ("shop", FORMAT, ())
    assert ownership.claim(mine, "shop", full=False) == identity
    assert ownership.claim(mine, "shop", full=True) == identity
    assert ownership.read_identity(mine) == identity


def test_a_lake_of_another_pipeline_is_refused_until_it_is_adopted(tmp_path: Path) -> None:
    mine = lake(tmp_path / "lake")
    identity = ownership.claim(mine, "shop", full=False)
    for use in (ownership.check_owner, lambda *call: ownership.claim(*call, full=True)):
        with pytest.raises(OwnershipError, match=r"is the lake of pipeline 'shop', and .* 'store'"):
            use(mine, "store")
    adopted = ownership.adopt(mine, "store", diverged=False)
    assert (adopted.id, adopted.pipeline, adopted.former) == (identity.id, "store", ("shop",))
    assert ownership.adopt(mine, "store", diverged=False) == adopted
    copied = ownership.adopt(mine, "store", diverged=True)
    assert copied.pipeline == "store"
    assert copied.id != adopted.id


def test_a_damaged_or_newer_identity_is_not_read(tmp_path: Path) -> None:
    mine = lake(tmp_path / "lake")
    identity = ownership.claim(mine, "shop", full=False)
    newer = identity.model_copy(update={"format": FORMAT + 1})
    write_record(mine.storage, ownership.PATH, newer.model_dump_json().encode())
    with pytest.raises(StorageError) as refused:
        ownership.read_identity(mine)
    assert not isinstance(refused.value, DamagedError)
    mine.storage.put(ownership.PATH, b"{}")
    with pytest.raises(DamagedError) as damaged:
        ownership.read_identity(mine)
    assert damaged.value.hint == "medallion adopt makes it this pipeline's lake again"
    again = ownership.adopt(mine, "shop", diverged=False)
    assert again.id != identity.id
    assert ownership.read_identity(mine) == again


def test_a_layer_with_its_own_path_belongs_to_one_lake(tmp_path: Path) -> None:
    mine, theirs = (lake(tmp_path / name, str(tmp_path / "tables")) for name in ("a", "b"))
    identity = ownership.claim(mine, "shop", full=False)
    ((name, storage),) = ownership.layers_apart(mine)
    assert (name, storage.url) == ("gold", str(tmp_path / "tables"))
    assert ownership.check_layer(mine, "shop", identity, name, storage) is False
    ownership.claim_layers(mine, identity)
    assert ownership.check_layer(mine, "shop", identity, name, storage) is True
    owner = ownership.read_layer_owner(storage)
    assert owner is not None
    assert (owner.lake, owner.pipeline, owner.place) == (identity.id, "shop", str(tmp_path / "a"))
    other = ownership.claim(theirs, "store", full=False)
    with pytest.raises(OwnershipError, match=r"layer 'gold' at .* of pipeline 'shop'"):
        ownership.claim_layers(theirs, other)
    ownership.adopt_layers(theirs, other)
    assert ownership.check_layer(theirs, "store", other, name, storage) is True
    with pytest.raises(OwnershipError, match="of pipeline 'store'"):
        ownership.claim_layers(mine, identity)


def test_a_copy_of_a_lake_may_not_write_into_the_layers_of_the_original(tmp_path: Path) -> None:
    original = lake(tmp_path / "a", str(tmp_path / "tables"))
    identity = ownership.claim(original, "shop", full=False)
    ownership.claim_layers(original, identity)
    copy = lake(tmp_path / "copy", str(tmp_path / "tables"))
    with pytest.raises(OwnershipError, match="is a copy of that lake, or the lake was moved"):
        ownership.claim_layers(copy, identity)


def test_a_lake_without_layers_apart_claims_none(tmp_path: Path) -> None:
    mine = lake(tmp_path / "lake")
    assert ownership.layers_apart(mine) == []
    ownership.claim_layers(mine, ownership.claim(mine, "shop", full=False))
    assert [path.name for path in (tmp_path / "lake").iterdir()] == [ownership.PATH]


@pytest.mark.parametrize(("inner", "outer"), [("a/lake", "a"), ("a/deep/lake", "a")])
def test_a_lake_is_neither_inside_another_one_nor_around_it(
    tmp_path: Path, inner: str, outer: str
) -> None:
    ownership.claim(lake(tmp_path / outer), "shop", full=False)
    with pytest.raises(OwnershipError, match="would be inside"):
        ownership.claim(lake(tmp_path / inner), "store", full=False)
    ownership.claim(lake(tmp_path / "b" / inner), "shop", full=False)
    with pytest.raises(OwnershipError, match="would hold"):
        ownership.claim(lake(tmp_path / "b" / outer), "store", full=False)


def test_a_lost_identity_of_a_lake_with_releases_is_refused(tmp_path: Path) -> None:
    mine = lake(tmp_path / "lake")
    ownership.claim(mine, "shop", full=False)
    fields = {"created": now(), "previous": None, "tables": {}, "layers": {}}
    release = Release(id=next_id(None), pipeline="shop", run="r", **fields)
    mine.publish(release, mine.pointer(), None)
    mine.storage.delete(ownership.PATH)
    with pytest.raises(OwnershipError, match=r"lake\.json is lost: the owner"):
        ownership.claim(mine, "shop", full=False)
    assert ownership.adopt(mine, "shop", diverged=False).pipeline == "shop"
    assert ownership.claim(mine, "shop", full=False).pipeline == "shop"
