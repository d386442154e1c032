"""What DuckDB's errors mean, and in which step of which table they happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medallion.errors import MedallionError, StepError, StorageError


@contextmanager
def at(table: str, *path: str | int) -> Iterator[None]:
    """Say in which step of which table an error happened."""
    try:
        with _ours("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (table, *path))[1:]):
            yield
    except MedallionError as error:
        error.path = ("tables", *table.split("."), *path)
        raise


@contextmanager
def _ours(place: str) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException as error:
        raise StepError(f"{place}: out of memory", hint="raise `engine: {memory_limit: …}`") from error
    except duckdb.IOException as error:
        raise StorageError(f"{place}: {_first_line(error)}", hint="check the space left and the rights") from error
    except duckdb.ConversionException as error:
        hint = "the step `cast` sets rows aside whose values cannot be read; in SQL, `try_cast` makes them NULL"
        raise StepError(f"{place}: {_first_line(error)}", hint=hint) from error
    except duckdb.Error as error:
        said, zero, _ = _first_line(error).partition(". Use TRY(")
        hint = "`nullif(divisor, 0)` makes it NULL; `derive` quarantines the rows it happens for" if zero else ""
        raise StepError(f"{place}: {said}", hint=hint) from error
    except MedallionError as error:
        raise type(error)(f"{place}: {error.message}", hint=error.hint) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
