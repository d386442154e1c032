"""What a resource yields, kept in a temporary file until the run has stored it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from medallion.identifiers import now
from medallion.sources.dlt.record_lines import record_lines
from medallion.sources.dlt.resource import check_marks
from medallion.sources.dlt.resource_errors import source_errors

if TYPE_CHECKING:
    from dlt.common.pipeline import StateInjectableContext
    from dlt.extract import DltResource

CHUNK = 1 << 20


@dataclass(frozen=True)
class Extraction:
    """The records that a resource yielded at a moment, as lines of JSON.

    `token` identifies them, and `state` is that of the resource after them, as JSON. The file has
    no name: nothing is left behind when the process is killed.
    """

    file: IO[bytes]
    size: int
    token: str
    state: Mapping[str, Any]
    moment: str

    def chunks(self) -> Iterator[bytes]:
        """The lines, in chunks; several threads may read them."""
        for offset in range(0, self.size, CHUNK):
            yield os.pread(self.file.fileno(), CHUNK, offset)


class Extractions:
    """The extractions of one resource in a run: one for each state that it continues from."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._files = ExitStack()
        self._by_state: dict[str, Extraction] = {}

    def __enter__(self) -> Extractions:
        return self

    def __exit__(self, *error: object) -> None:
        self._by_state.clear()
        self._files.close()

    def of(self, resource: DltResource, state: Mapping[str, Any]) -> Extraction:
        """What the resource yields after a state. Raises SourceError or UnreachableError."""
        key = json.dumps(state, sort_keys=True)
        if key not in self._by_state:
            file = self._files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
            with source_errors(self._label):
                self._by_state[key] = _extract(self._label, resource, state, file)
        return self._by_state[key]

    def probe(self, resource: DltResource) -> None:
        """Ask the resource for its first record. Raises SourceError or UnreachableError."""
        from dlt.common.pipeline import StateInjectableContext

        lines = _lines(self._label, resource, StateInjectableContext(state={}))
        with source_errors(self._label), closing(lines):
            next(lines, None)

    def by_token(self, token: str) -> Extraction | None:
        """The extraction with a token, if it is one of this run."""
        return next((each for each in self._by_state.values() if each.token == token), None)


def _extract(
    label: str, resource: DltResource, state: Mapping[str, Any], file: IO[bytes]
) -> Extraction:
    from dlt.common.json import json as typed_json
    from dlt.common.pipeline import StateInjectableContext

    # dlt's own JSON keeps the types of dates and decimals in a state.
    context = StateInjectableContext(state=typed_json.typed_loads(json.dumps(state)))
    moment, sha256 = now().isoformat(), hashlib.sha256()
    for line in _lines(label, resource, context):
        sha256.update(line)
        file.write(line)
    file.flush()
    after = json.loads(typed_json.typed_dumps(context.state))
    return Extraction(file, file.tell(), sha256.hexdigest(), _without_empty(after), moment)


def _lines(
    label: str, resource: DltResource, context: StateInjectableContext
) -> Generator[bytes, None, None]:
    """The records of a resource, whose state is in a context of dlt."""
    from dlt.common.configuration.container import Container

    def marked(item: Any, marks: Any = None) -> Any:
        check_marks(label, marks)
        return item

    with Container().injectable_context(context):
        for item in resource.add_map(marked):
            yield from record_lines(label, item)


def _without_empty(state: Any) -> Any:
    """A state without empty parts, which dlt leaves where a resource has none."""
    if not isinstance(state, dict):
        return state
    parts = {name: _without_empty(part) for name, part in state.items()}
    return {name: part for name, part in parts.items() if part != {}}
