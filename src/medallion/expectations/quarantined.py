"""`quarantined`: a limit on quarantined rows or files."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, field_validator, model_validator

from medallion.contracts import TableExpectation
from medallion.plural import count_of
from medallion.records import Tally

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


class Quarantined(TableExpectation):
    """At most this number of rows, or of source files, were quarantined.

    - `at_most`: a number of rows, or a share of the input rows, such as `5%`.
    - `of`: `files` counts source files in place of rows: those that could not be read at all, which
      a source with `unreadable: quarantine` quarantines whole. A share is then of all source files.
    - `per`: `file` judges each source file by itself, with its records that could not be read. A
      file that lost a column is then noticed among many that did not.

    ```yaml
    - quarantined: {at_most: 5%}
    - quarantined: {at_most: 20%, per: file}
    - quarantined: {at_most: 2, of: files}
    - {quarantined: {at_most: 100}, on_fail: warn}
    ```
    """

    name: ClassVar[str] = "quarantined"

    on_fail: Literal["warn", "fail"] = "fail"
    at_most: NonNegativeInt | str
    of: Literal["rows", "files"] = Field(default="rows", exclude_if=lambda of: of == "rows")
    per: Literal["file"] | None = Field(default=None, exclude_if=lambda per: per is None)

    @field_validator("at_most")
    @classmethod
    def _share(cls, at_most: int | str) -> int | str:
        if isinstance(at_most, str):
            match = _PERCENT.fullmatch(at_most.strip())
            if match is None or Decimal(match[1]) > 100:
                raise ValueError(f"{at_most!r} is neither a number nor a share from 0% to 100%")
            return f"{match[1]}%"
        return at_most

    @model_validator(mode="after")
    def _per_file(self) -> Self:
        if self.of == "files" and self.per:
            raise ValueError("`of: files` counts all source files; leave `per: file` out")
        return self

    @property
    def counts_files(self) -> bool:
        return self.of == "files"

    @property
    def judges_files(self) -> bool:
        return self.per == "file"

    def verdict(self, tally: Tally) -> str | None:
        return None if self.judges_files or self.counts_files else self._verdict(tally, "row")

    def file_verdict(self, tally: Tally) -> str | None:
        return self._verdict(tally, "row")

    def files_verdict(self, tally: Tally) -> str | None:
        return self._verdict(tally, "file")

    def _verdict(self, tally: Tally, noun: str) -> str | None:
        were = "was" if tally.rows_in == 1 else "were"
        figures = f"{tally.quarantined:,} of {count_of(tally.rows_in, noun)} {were} quarantined"
        if isinstance(self.at_most, int):
            over = tally.quarantined > self.at_most
            return f"{figures}, and {self.at_most:,} may be" if over else None
        allowed = Decimal(self.at_most.removesuffix("%"))
        if tally.quarantined * 100 <= allowed * tally.rows_in:
            return None
        return f"{figures}, {100 * tally.quarantined / tally.rows_in:.2f} %, and {allowed} % may be"
