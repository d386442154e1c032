"""The actions that lead from one state of a Delta table to another."""

from __future__ import annotations

import json
from typing import Any

from medallion.layers.delta.log_state import LogState, Shown

SCHEMA: dict[str, Any] = {
    "type": "struct",
    "fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}],
}
VECTOR = {"storageType": "i", "pathOrInlineDv": "one", "sizeInBytes": 1, "cardinality": 1}


def add(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "partitionValues": {}, "size": 1, **more}


def kinds(actions: list[dict[str, Any]]) -> list[str]:
    return [next(iter(action)) for action in actions]


def after(state: LogState, shown: Shown | None) -> LogState:
    """The state after the actions."""
    metadata, protocol, files = dict(state.metadata), dict(state.protocol), dict(state.files)
    for action in state.actions(shown):
        ((kind, body),) = action.items()
        match kind:
            case "metaData":
                metadata = body
            case "protocol":
                protocol = body
            case "remove":
                assert body.get("deletionVector") == files.pop(body["path"]).get("deletionVector")
            case "add":
                assert body["path"] not in files
                files[body["path"]] = body
    return LogState(state.table, metadata, protocol, files)


def test_the_first_version_has_everything() -> None:
    actions = LogState("t").actions(Shown(SCHEMA, {"x": add("x")}))
    assert kinds(actions) == ["protocol", "metaData", "add"]
    assert actions[0]["protocol"] == {"minReaderVersion": 1, "minWriterVersion": 2}
    assert json.loads(actions[1]["metaData"]["schemaString"]) == SCHEMA


def test_only_what_differs_is_changed() -> None:
    state = after(LogState("t"), Shown(SCHEMA, {"x": add("x"), "y": add("y")}))
    assert state.is_own
    assert state.actions(Shown(SCHEMA, state.files)) == []
    actions = state.actions(Shown(SCHEMA, {"y": add("y"), "z": add("z")}))
    assert [(kind, body["path"]) for action in actions for kind, body in action.items()] == [
        ("remove", "x"),
        ("add", "z"),
    ]
    assert kinds(state.actions(None)) == ["remove", "remove"]


def test_another_deletion_vector_replaces_the_file() -> None:
    first = Shown(SCHEMA, {"x": add("x")})
    second = Shown(SCHEMA, {"x": add("x", deletionVector=VECTOR)}, frozenset(("deletionVectors",)))
    third = Shown(SCHEMA, {"x": add("x", deletionVector={**VECTOR, "pathOrInlineDv": "two"})})
    state = LogState("t")
    for shown, expected in (
        (first, ["protocol", "metaData", "add"]),
        (second, ["protocol", "remove", "add"]),
        (second, []),
        (third, ["remove", "add"]),
        (first, ["remove", "add"]),
    ):
        assert kinds(state.actions(shown)) == expected
        state = after(state, shown)


def test_features_are_added_and_stay() -> None:
    state = after(LogState("t"), Shown(SCHEMA, {}, frozenset(("timestampNtz",))))
    assert state.protocol["readerFeatures"] == ["timestampNtz"]
    state = after(state, Shown(SCHEMA, {}, frozenset(("deletionVectors",))))
    assert state.protocol["readerFeatures"] == ["deletionVectors", "timestampNtz"]
    assert state.protocol["writerFeatures"] == [
        "appendOnly",
        "deletionVectors",
        "invariants",
        "timestampNtz",
    ]
    assert state.actions(Shown(SCHEMA, {})) == []


def test_a_changed_schema_is_that_of_the_same_table() -> None:
    state = after(LogState("t"), Shown(SCHEMA, {}))
    changed = {"type": "struct", "fields": []}
    (action,) = state.actions(Shown(changed, {}))
    assert action["metaData"]["id"] == state.metadata["id"]
    assert action["metaData"]["createdTime"] == state.metadata["createdTime"]
    assert json.loads(action["metaData"]["schemaString"]) == changed
