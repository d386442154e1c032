"""The errors that medallion raises, as a tree: one `except` catches one kind of them.

    MedallionError
    ├── DeclarationError      medallion.yaml is invalid; has every Problem, each with its place
    ├── CallError             a call is invalid: an unknown table, release or option
    │   └── GoneError         a release that was read is no longer kept
    ├── PluginError           a plugin is unknown, cannot be loaded, or breaks its contract
    │   └── NotInstalledError a plugin needs a package that is not installed
    ├── DataError             the data cannot be processed
    │   ├── SourceError       one or more source files cannot be read
    │   ├── StepError         a transform or expectation could not run on its rows
    │   ├── GateError         an expectation with `on_fail: fail` was not met
    │   ├── ConservationError rows in ≠ kept + deduplicated + dropped + quarantined
    │   └── TablesError       several tables failed; holds the error of each
    └── ServiceError          storage or a database could not be used
        ├── StorageError      the lake could not be read or written
        │   ├── MissingError  the object does not exist
        │   ├── DamagedError  the object is there, but not as it was written
        │   ├── ExistsError   create-only put: the object is already there
        │   └── ConflictError compare-and-swap: the object changed meanwhile
        ├── UnreachableError  a source could not be reached, or the connection to it was lost
        ├── ClusterError      the cluster that computes tables could not be used
        ├── LeaseError        another run holds the lake's lease
        ├── OwnershipError    a lake or serving database belongs to another pipeline
        └── SinkError         a serving database refused or could not be reached
            ├── LoadError     the rows of one table do not fit the serving database
            └── OvertimeError a query timed out

Each says where, what and, in `hint`, what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from medallion.secrets import mask

if TYPE_CHECKING:
    from medallion.records import Run


class MedallionError(Exception):
    """Base of the tree.

    Parameters: `message` says where and what; `hint` says what to do next. Both are masked.
    `exit_code` is the exit code of the command line; `run` is the record of the run that it ended,
    if any; `path` is the place in the declaration that the error concerns.
    """

    exit_code = 1
    run: Run | None = None
    path: tuple[str | int, ...] = ()

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = mask(message)
        self.hint = mask(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Restored without `__init__`, whose parameters differ from class to class."""
        return _restored, (type(self), self.args), self.__dict__

    def __setstate__(self, state: dict[str, object] | None) -> None:
        """Masked again: the process that an error comes from may not know the secrets."""
        super().__setstate__(state)
        self.message, self.hint = mask(self.message), mask(self.hint)
        self.args = (self.message,)


def _restored(kind: type[MedallionError], args: tuple[object, ...]) -> MedallionError:
    return kind.__new__(kind, *args)


@dataclass(frozen=True)
class Problem:
    """One problem of a declaration: `place` is `file:line:column`, `path` the YAML path."""

    place: str
    path: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)

    @property
    def position(self) -> tuple[int, ...]:
        """The line and the column of its place, by which problems are sorted."""
        return tuple(int(part) for part in self.place.rsplit(":", 2)[1:] if part.isdigit())


class DeclarationError(MedallionError):
    """The declaration is invalid; `problems` has all problems found at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = _masked(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __setstate__(self, state: dict[str, object] | None) -> None:
        super().__setstate__(state)
        self.problems = _masked(self.problems)


def _masked(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, message=mask(problem.message)) for problem in problems)


class CallError(MedallionError):
    """A call is invalid: an unknown table, release or option."""

    exit_code = 2


class GoneError(CallError):
    """A release that was read is no longer kept."""


class PluginError(MedallionError):
    """A plugin is unknown, cannot be loaded, or does not keep its contract."""

    exit_code = 2


class NotInstalledError(PluginError):
    """A plugin needs a package that is not installed; `hint` is the command that installs it."""


class DataError(MedallionError):
    """The data cannot be processed as it is."""


class SourceError(DataError):
    """One or more source files cannot be read; the message has a line for each.

    `settings` are keys of the format with which the file may be read, as far as they are known.
    """

    def __init__(
        self, message: str, *, hint: str = "", settings: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(message, hint=hint)
        self.settings = dict(settings)


class StepError(DataError):
    """A transform or an expectation could not run on its rows.

    `column` is the one that the rows lack, if that is the reason.
    """

    column: str | None = None


class GateError(DataError):
    """An expectation with `on_fail: fail` was not met; nothing was published.

    `figures` are the StepRun fields that were known by then: tallies, rejects, warnings.
    """

    figures: Mapping[str, object] = MappingProxyType({})


class ConservationError(DataError):
    """A step lost or made rows: rows in ≠ kept + deduplicated + dropped + quarantined."""


class TablesError(DataError):
    """Several tables failed in one run; `errors` has the error of each, as the message does."""

    def __init__(self, errors: Sequence[MedallionError]) -> None:
        super().__init__("\n".join([f"{len(errors)} tables failed", *map(str, errors)]))
        self.errors = tuple(errors)


class ServiceError(MedallionError):
    """Storage or a database could not be used."""


class StorageError(ServiceError):
    """The lake could not be read or written."""


class MissingError(StorageError):
    """The object does not exist."""


class DamagedError(StorageError):
    """The object is there, but its bytes are not those that were written."""


class ExistsError(StorageError):
    """Create-only put: the object is already there."""


class ConflictError(StorageError):
    """Compare-and-swap: the object is not the version that was expected."""


class UnreachableError(ServiceError):
    """A source could not be reached, or the connection to it was lost: a retry may help."""


class ClusterError(ServiceError):
    """The cluster that computes tables could not be used."""


class LeaseError(ServiceError):
    """Another run holds the lake's lease."""


class OwnershipError(ServiceError):
    """A lake or a serving database belongs to another pipeline or lake."""

    exit_code = 2


class SinkError(ServiceError):
    """A serving database refused the work or could not be reached."""


class LoadError(SinkError):
    """The rows of one table do not fit the serving database; other tables can still be loaded."""


class OvertimeError(SinkError):
    """A query exceeded its timeout, and the database cancelled it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`"; did you mean 'cast'?"` when a known word is similar, else a list of known words."""
    from difflib import get_close_matches

    names = sorted(set(known))
    same = [name for name in names if name.casefold() == word.casefold()]
    close = same or get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is {', '.join(names)}" if names else ""
