"""What is used again of a former snapshot: partitions and partial results that are equal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from medallion.contracts import Plugin, TableTask
from medallion.errors import DamagedError, MissingError
from medallion.identifiers import digest
from medallion.records import File
from medallion.storage import Storage
from medallion.storage.digests import Stored, verified


class Fingerprinted(Protocol):
    """Something that is stored, and identified by what it was made from."""

    @property
    def fingerprint(self) -> str: ...


Part = TypeVar("Part", bound=Fingerprinted)


def reusable(
    storage: Storage,
    former: Iterable[Part],
    wanted: Collection[str],
    files: Callable[[Part], Iterable[File]],
) -> dict[str, Part]:
    """Those of `former` with a wanted fingerprint whose files are as they were written."""
    known = [part for part in former if part.fingerprint in wanted]
    if not are_intact(storage, [file for part in known for file in files(part)]):
        known = [part for part in known if are_intact(storage, files(part))]
    return {part.fingerprint: part for part in known}


def common_fingerprint(
    task: TableTask, identities: Sequence[object], used: Sequence[Plugin]
) -> str:
    """What all parts of a table are made by: steps, columns, layer and other tables.

    Parameters: `identities` are those of the steps and expectations that make a part. Tables that
    are read by steps and expectations, but by none of those `used`, do not count.
    """
    early = {name for plugin in used for name in plugin.reads()}
    every = {name for plugin in (*task.steps, *task.expectations) for name in plugin.reads()}
    others = [alias for alias in task.inputs if alias != task.main and alias not in every - early]
    columns = [(column.name, column.type) for column in task.inputs[task.main].snapshot.columns]
    return digest(
        {
            "made by": identities,
            "main": task.main,
            "columns": columns,
            "others": sorted((alias, task.inputs[alias].snapshot.id) for alias in others),
            **task.layer.stored_as(),
        }
    )


def are_intact(storage: Storage, files: Iterable[File]) -> bool:
    """Whether files are as they were written."""
    with suppress(MissingError, DamagedError):
        verified(storage, map(Stored.of, files))
        return True
    return False
