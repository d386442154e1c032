"""Which dlt resource a declaration means, and whether its records can become one table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from medallion.errors import SourceError, did_you_mean
from medallion.sources.dlt.resource_errors import source_errors

if TYPE_CHECKING:
    from dlt.extract import DltResource

STRATEGIES = ("delete-insert", "upsert")


@dataclass(frozen=True)
class DltReference:
    """A resource as it is declared: `module:function`, one of a source's resources, arguments."""

    label: str
    function: str
    select: str
    args: Mapping[str, Any]

    def load(self, key: Sequence[str]) -> DltResource:
        """The resource with its arguments; `key` is what identifies its records.

        Raises SourceError if there is none, or its records cannot become a table with this key.
        """
        with source_errors(self.label):
            resource = self._selected(self._call(self._member()))
            if resource.requires_args and not resource.is_transformer:
                raise SourceError(
                    f"{self.label}: the function needs arguments",
                    hint=f"give in `args` what it takes: {resource.name}{_signature(resource)}",
                )
            _check_tables(self.label, resource)
            _check_disposition(self.label, resource, key)
            # A copy, so that no step is added to an object of the user's module.
            return resource.with_name(resource.name)

    def _member(self) -> Any:
        module, _, name = self.function.partition(":")
        try:
            members = vars(import_module(module))
        except ModuleNotFoundError as error:
            raise SourceError(
                f"{self.label}: there is no module {error.name!r}",
                hint="put the module next to the declaration, or install its package",
            ) from error
        if name not in members:
            raise SourceError(
                f"{self.label}: {module} has no {name!r}{did_you_mean(name, members)}",
                hint="name a dlt resource or source in `resource`",
            )
        return members[name]

    def _call(self, member: Any) -> Any:
        """What the function returns. A resource without arguments need not be called."""
        if not callable(member):
            raise SourceError(
                f"{self.label} is neither a dlt resource nor a dlt source",
                hint="decorate the function with @dlt.resource or @dlt.source",
            )
        try:
            inspect.signature(member).bind_partial(**self.args)
        except TypeError as error:
            raise SourceError(f"{self.label}: {error}", hint="correct `args`") from error
        from dlt.extract import DltResource

        if isinstance(member, DltResource) and not self.args:
            return member
        return member(**self.args)

    def _selected(self, returned: Any) -> DltResource:
        from dlt.extract import DltResource, DltSource

        if isinstance(returned, DltResource):
            known = {returned.name: returned}
        elif isinstance(returned, DltSource):
            known = dict(returned.resources)
        else:
            raise SourceError(
                f"{self.label} is neither a dlt resource nor a dlt source",
                hint="decorate the function with @dlt.resource or @dlt.source",
            )
        if self.select in known or (not self.select and len(known) == 1):
            return known[self.select] if self.select else next(iter(known.values()))
        names = ", ".join(sorted(known)) or "none"
        problem = f"there is no resource {self.select!r}{did_you_mean(self.select, known)}"
        raise SourceError(
            f"{self.label}: {problem if self.select else 'the source has several resources'}",
            hint=f"name one in `select`: {names}",
        )


def keeps_state(resource: DltResource) -> bool:
    """Whether its records are added to those before; with `replace`, they are all there are."""
    return _disposition(resource) != "replace"


def check_marks(label: str, marks: object) -> None:
    """Raise SourceError for a mark of a record that sends it to another table, or merges it."""
    hints = getattr(marks, "hints", None) or {}
    if hasattr(marks, "table_name") or "table_name" in hints:
        raise _several_tables(label)
    if changed := {"write_disposition", "merge_key"} & set(hints):
        raise SourceError(
            f"{label}: the resource changes its {min(changed)} while it yields records",
            hint="set it in @dlt.resource",
        )


def _check_tables(label: str, resource: DltResource) -> None:
    if callable(resource.table_name):
        raise _several_tables(label)


def _several_tables(label: str) -> SourceError:
    return SourceError(
        f"{label}: the resource sends its records to several tables",
        hint="write a function that returns a resource for one of them, "
        "as by `resource.select_tables`, with `table_name` fixed",
    )


def _check_disposition(label: str, resource: DltResource, key: Sequence[str]) -> None:
    schema: Mapping[str, Any] = resource.compute_table_schema()
    disposition = _disposition(resource)
    if disposition != "merge":
        return
    strategy = schema.get("x-merge-strategy", STRATEGIES[0])
    columns: Mapping[str, Mapping[str, Any]] = schema.get("columns", {})
    by_merge_key = any(column.get("merge_key") for column in columns.values())
    if strategy not in STRATEGIES or by_merge_key:
        how = "a merge_key" if by_merge_key else f"the strategy {strategy!r}"
        raise SourceError(
            f"{label}: the resource merges by {how}, which a source cannot do",
            hint="use write_disposition `append`, and the steps of a later table, such as "
            "`history` or `deduplicate`",
        )
    primary = [name for name, column in columns.items() if column.get("primary_key")]
    if not primary:
        raise SourceError(
            f"{label}: the resource merges without a primary key",
            hint="give @dlt.resource a `primary_key`",
        )
    if set(primary) != set(key):
        raise SourceError(
            f"{label}: the resource merges by its primary key {', '.join(primary)}",
            hint=f"declare `key: [{', '.join(primary)}]`, and deduplicate by it in a later table",
        )


def _disposition(resource: DltResource) -> str:
    schema: Mapping[str, Any] = resource.compute_table_schema()
    return cast("str", schema.get("write_disposition", "append"))


def _signature(resource: DltResource) -> str:
    return str(inspect.signature(cast("Any", resource)))
