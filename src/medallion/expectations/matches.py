"""`matches`: texts that match a regular expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from medallion.contracts import Inputs, RowExpectation, Scope, literal, quote, require
from medallion.sql.expressions import broken, explained

if TYPE_CHECKING:
    from medallion.contracts import Relation

_NOT_IN_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:=|!|<=|<!|>)|\\[1-9]|\(\?P=)")
_ONLY_IN_RE2 = re.compile(r"\\[pPzQEC]|\\x\{|\[\[:|\(\?\w*U")


class Matches(RowExpectation):
    """The values of columns match a regular expression from beginning to end. NULL passes.

    - `patterns`: column → regular expression in RE2's syntax, without lookaround and
      backreferences.

    ```yaml
    - {matches: {email: '[^@\\s]+@[^@\\s]+'}, on_fail: quarantine}
    ```

    Raises StepError when the rows lack a column.
    """

    name: ClassVar[str] = "matches"
    value_field: ClassVar[str | None] = "patterns"
    scope: ClassVar[Scope] = "rows"

    patterns: dict[str, str] = Field(min_length=1)

    @field_validator("patterns")
    @classmethod
    def _readable(cls, patterns: dict[str, str]) -> dict[str, str]:
        for name, pattern in patterns.items():
            if _NOT_IN_RE2.search(pattern):
                raise ValueError(
                    f"{name}: {pattern!r} uses lookaround or a backreference, "
                    "which RE2 does not have"
                )
            try:
                re.compile(pattern)
            except re.error as error:
                if not _ONLY_IN_RE2.search(pattern):
                    raise ValueError(
                        f"{name}: {pattern!r} is no regular expression: {error}"
                    ) from error
        return patterns

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.patterns)
        for name, pattern in self.patterns.items():
            with explained(f"matches {name}: {pattern!r}"):
                inputs.connection.execute(
                    f"select regexp_full_match('', {literal(pattern)})"
                ).fetchall()
        return broken(
            rows, {name: _fails(name, pattern) for name, pattern in self.patterns.items()}
        )


def _fails(name: str, pattern: str) -> str:
    return f"(not regexp_full_match(cast({quote(name)} as varchar), {literal(pattern)}))"
