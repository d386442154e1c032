"""Why a table differs between two releases: source files, edits of the declaration, plugins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from medallion.lineage.release_diff import Cause, CauseKind
from medallion.records import PluginUse, Release, Snapshot

_SHOWN = 60  # characters of a setting


def causes(before: Release, after: Release, table: str) -> list[Cause]:
    """What changed in a table and in those that it is made of, the first ones first."""
    return [
        cause
        for name in _upstream(before, after, table)
        for cause in _own_causes(name, before.tables.get(name), after.tables.get(name))
    ]


def _upstream(before: Release, after: Release, table: str) -> list[str]:
    """The tables that differ on the way to a table, each after those that it reads."""
    names = dict[str, None]()
    stack = [table]
    while stack:
        name = stack[-1]
        versions = [release.tables.get(name) for release in (before, after)]
        ids = {version.id if version else None for version in versions}
        reads = [read for version in versions if version for read in version.inputs]
        waiting = [read for read in reads if read not in names and read not in stack]
        if len(ids) == 1 or not waiting:
            names[stack.pop()] = None
        else:
            stack += waiting
    return list(names)


def _own_causes(table: str, before: Snapshot | None, after: Snapshot | None) -> Iterator[Cause]:
    if before is None or after is None:
        if before or after:
            yield Cause(table=table, kind="table", name=table, change="new" if after else "removed")
        return
    if before.id == after.id:
        return
    yield from _files(before, after)
    for name in sorted(before.inputs.keys() ^ after.inputs.keys()):
        change = "new" if name in after.inputs else "removed"
        yield Cause(table=table, kind="input", name=name, change=change)
    if before.made_by and after.made_by:
        yield from _plugins(table, before.made_by, after.made_by)
    elif _edited(before, after):
        yield Cause(table=table, kind="declaration", name=table, change="changed")


def _edited(before: Snapshot, after: Snapshot) -> bool:
    """Whether something else than the inputs of a computed table changed."""
    computed = not before.sources and not after.sources
    return computed and before.inputs == after.inputs and before.fingerprint != after.fingerprint


def _files(before: Snapshot, after: Snapshot) -> Iterator[Cause]:
    """The source files of a table that changed, are new, retracted, corrected or read otherwise."""
    former = {file.name: file for file in before.sources}
    latter = {file.name: file for file in after.sources}
    for name in sorted(former.keys() | latter.keys()):
        one, other = former.get(name), latter.get(name)
        if one is None or other is None:
            change = "retracted" if one else "new"
        elif one.sha256 != other.sha256:
            change = "changed"
        elif one.form != other.form:
            change = "read differently"
        elif one.corrections != other.corrections:
            change = "corrected"
        else:
            continue
        yield Cause(table=after.table, kind="file", name=name, change=change)


def _plugins(
    table: str, before: Sequence[PluginUse], after: Sequence[PluginUse]
) -> Iterator[Cause]:
    """The steps, expectations and layer that were added, removed, edited or of another version."""
    kinds: tuple[CauseKind, ...] = ("step", "expectation", "layer")
    for kind in kinds:
        former, latter = ([use for use in uses if use.role == kind] for uses in (before, after))
        names, others = ([use.name for use in uses] for uses in (former, latter))
        for tag, i, k, j, m in SequenceMatcher(None, names, others, False).get_opcodes():
            if tag == "equal":
                for one, other in zip(former[i:k], latter[j:m], strict=True):
                    yield from _edits(table, kind, one, other)
                continue
            for use in former[i:k]:
                yield Cause(table=table, kind=kind, name=use.name, change="removed")
            for use in latter[j:m]:
                yield Cause(table=table, kind=kind, name=use.name, change="new")


def _edits(table: str, kind: CauseKind, one: PluginUse, other: PluginUse) -> Iterator[Cause]:
    if one.version != other.version:
        detail = f"version {one.version} → {other.version}"
        yield Cause(table=table, kind=kind, name=one.name, change="changed", detail=detail)
    if one.settings != other.settings:
        former, latter = (dict(_leaves(json.loads(use.settings))) for use in (one, other))
        details = [
            f"{path}: {_text(former.get(path))} → {_text(latter.get(path))}"
            for path in {**former, **latter}
            if former.get(path) != latter.get(path)
        ]
        detail = ", ".join(details)
        yield Cause(table=table, kind=kind, name=one.name, change="changed", detail=detail)


def _leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The settings by path, such as `types.amount`."""
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _text(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
