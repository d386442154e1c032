"""The only writer of a lake: its lease, its claims, and how a lake changes its owner."""

from __future__ import annotations

import pytest

from medallion.errors import LeaseError, OwnershipError
from medallion.lake.lease import holder
from medallion.run.writer import adopt, exclusive_writer
from tests.unit.run.conftest import Project


def test_a_writer_has_the_lease_and_a_folder_for_the_length_of_a_block(project: Project) -> None:
    context = project().context
    with exclusive_writer(context) as writer:
        lease = holder(context.lake.storage)
        assert lease is not None
        assert lease["run"] == writer.lease.run
        assert list(writer.scratch.iterdir()) == []
        assert (writer.owner.pipeline, writer.owner.run) == ("shop", writer.lease.run)
        assert writer.owner.token == writer.lease.token
    assert holder(context.lake.storage) is None
    assert not writer.scratch.exists()


def test_there_is_one_writer_at_a_time(project: Project) -> None:
    context = project().context
    with exclusive_writer(context), pytest.raises(LeaseError), exclusive_writer(context):
        pass
    with exclusive_writer(context):
        pass


def test_each_writer_has_a_larger_token_even_when_the_lease_is_lost(project: Project) -> None:
    pipeline = project()
    run = pipeline.run()
    assert run.status == "succeeded"
    published = pipeline.lake.pointer().token
    pipeline.lake.storage.delete("lease.json")
    with exclusive_writer(pipeline.context) as writer:
        assert writer.lease.token > published
        first = writer.lease.token
    with exclusive_writer(pipeline.context) as writer:
        assert writer.lease.token > first


def test_a_lake_of_another_pipeline_is_refused_until_it_is_adopted(project: Project) -> None:
    shop = project()
    shop.run()
    store = project(name="store")
    with pytest.raises(OwnershipError, match="is the lake of pipeline 'shop'"):
        store.run()
    identity = adopt(store.context)
    assert (identity.pipeline, identity.former) == ("store", ("shop",))
    owner = store.sinks["serving"].owner()
    assert owner is not None
    assert (owner.pipeline, owner.lake) == ("store", identity.id)
    assert store.run().status in ("succeeded", "unchanged")
    with pytest.raises(OwnershipError, match="is the lake of pipeline 'store'"):
        shop.run()


def test_adoption_keeps_the_id_of_the_lake_unless_a_database_shows_an_unknown_release(
    project: Project,
) -> None:
    pipeline = project()
    pipeline.run()
    first = adopt(pipeline.context)
    assert adopt(pipeline.context).id == first.id
    release = pipeline.lake.current()
    assert release is not None
    sink = pipeline.sinks["serving"]
    unknown = release.summary().model_copy(update={"id": "20990101-000000-abcdef"})
    sink.activate(unknown)
    assert adopt(pipeline.context).id != first.id
