"""The key `export`: files that have the tables of the published release."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from medallion.declaration.model_parts import Name

Kind = Literal["duckdb", "xlsx"]
KINDS: tuple[Kind, ...] = ("duckdb", "xlsx")


class Export(BaseModel):
    """A file that always has the published release: a DuckDB database or an Excel workbook.

    `file` is a path, relative to the declaration, or a URL such as `s3://bucket/shop.duckdb`. Its
    suffix says what it is: `.duckdb`, or `.xlsx` with one sheet for each table. `tables` are those
    of the last layer that it has, by default all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(min_length=1)
    tables: tuple[Name, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"file": value} if isinstance(value, str) else value

    @field_validator("file")
    @classmethod
    def _known_kind(cls, file: str) -> str:
        stem, _, suffix = file.rpartition("/")[2].rpartition(".")
        if not stem or suffix not in KINDS:
            raise ValueError(f"{file!r} ends neither with .duckdb nor with .xlsx")
        return file

    @property
    def kind(self) -> Kind:
        """What the file is, by its suffix."""
        return "duckdb" if self.file.endswith(".duckdb") else "xlsx"

    @property
    def place(self) -> tuple[str, str]:
        """The folder of the file, `.` for that of the declaration, and its name."""
        folder, separator, name = self.file.rpartition("/")
        return (folder or ("/" if separator else ".")), name
