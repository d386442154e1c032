"""DuckDB's errors as errors of medallion, with the table and the step in which they happened."""

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
    """Name the table, and the `path` within its declaration, in errors that happen inside."""
    try:
        with _translated(place(table, *path)):
            yield
    except MedallionError as error:
        error.path = ("tables", *table.split("."), *path)
        raise


def of_values(error: BaseException) -> bool:
    """Whether an error of a block of `at` is due to values that it computed, not to its SQL.

    DuckDB also has such errors for SQL, such as an unknown part of a date format; a step explains
    them, and so they are its own.
    """
    import duckdb

    return isinstance(
        error.__cause__,
        duckdb.ConversionException | duckdb.OutOfRangeException | duckdb.InvalidInputException,
    )


def place(table: str, *path: str | int) -> str:
    """A path within the declaration of a table, as messages show it."""
    return table + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


@contextmanager
def at_first_failing(
    table: str, steps: Sequence[tuple[tuple[str | int, ...], Relation]], connection: Connection
) -> Iterator[None]:
    """Name the first of the steps, each with its rows, that raises the error which happens inside.

    Relations are lazy, so that an error of any step appears only when the result is written.
    """
    try:
        with at(table):
            yield
    except StepError:
        for path, rows in steps:
            with at(table, *path):
                connection.execute(f"select max(hash(rows)) from {viewed(rows)} as rows").fetchall()
        raise


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Raise MedallionError, with `place` in its message, for errors of DuckDB and of plugins."""
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
            f"{place}: {_first_line(error)}", hint="check the free disk space and the permissions"
        ) from error
    except duckdb.ConversionException as error:
        hint = (
            "the step `cast` quarantines rows whose values cannot be converted; "
            "in SQL, `try_cast` makes such values NULL"
        )
        raise StepError(f"{place}: {_first_line(error)}", hint=hint) from error
    except duckdb.Error as error:
        # DuckDB suggests TRY(…) for a division by zero.
        message, division_by_zero, _ = _first_line(error).partition(". Use TRY(")
        hint = (
            "`nullif(divisor, 0)` makes it NULL; `derive` quarantines the rows with a zero divisor"
        )
        raise StepError(f"{place}: {message}", hint=hint if division_by_zero else "") from error
    except MedallionError as error:
        raise type(error)(f"{place}: {error.message}", hint=error.hint) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
