"""What DuckDB's errors mean, and in which step of which table they happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from medallion.contracts import viewed
from medallion.errors import MedallionError, StepError, StorageError

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


@contextmanager
def at(table: str, *path: str | int) -> Iterator[None]:
    """Say in which step of which table an error happened."""
    try:
        with _ours(
            "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in (table, *path)
            )[1:]
        ):
            yield
    except MedallionError as error:
        error.path = ("tables", *table.split("."), *path)
        raise


@contextmanager
def at_first_failing(
    table: str, steps: Sequence[tuple[tuple[str | int, ...], Relation]], connection: Connection
) -> Iterator[None]:
    """Say at which of the steps, each with its rows, an error came up: rows are lazy, and fail when written."""
    try:
        with at(table):
            yield
    except StepError:
        for path, rows in steps:
            with at(table, *path):
                connection.execute(f"select max(hash(rows)) from {viewed(rows)} as rows").fetchall()
        raise


@contextmanager
def _ours(place: str) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException as error:
        raise StepError(
            f"{place}: out of memory", hint="raise `engine: {memory_limit: …}`"
        ) from error
    except duckdb.IOException as error:
        raise StorageError(
            f"{place}: {_first_line(error)}", hint="check the space left and the rights"
        ) from error
    except duckdb.ConversionException as error:
        hint = "the step `cast` sets rows aside whose values cannot be read; in SQL, `try_cast` makes them NULL"
        raise StepError(f"{place}: {_first_line(error)}", hint=hint) from error
    except duckdb.Error as error:
        said, zero, _ = _first_line(error).partition(". Use TRY(")
        hint = (
            "`nullif(divisor, 0)` makes it NULL; `derive` quarantines the rows it happens for"
            if zero
            else ""
        )
        raise StepError(f"{place}: {said}", hint=hint) from error
    except MedallionError as error:
        raise type(error)(f"{place}: {error.message}", hint=error.hint) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
