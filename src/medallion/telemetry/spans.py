"""Spans: what takes time in a run or a request, for OpenTelemetry.

Without OpenTelemetry, and in a process where nobody has loaded it, they cost one look-up.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from typing import Any, Literal, Protocol, TypeVar

from medallion.secrets import mask

Attributes = Mapping[str, str | int | float | bool]
Kind = Literal["internal", "client", "server"]
Argument = TypeVar("Argument")
Result = TypeVar("Result")

NAME = "medallion"  # of the instrumentation, as OpenTelemetry shows it


class Span(Protocol):
    """The part of OpenTelemetry's span that is used."""

    def set_attributes(self, attributes: Attributes) -> None:
        """Add what is known by now."""


class _NoSpan:
    def set_attributes(self, attributes: Attributes) -> None:
        """Do nothing."""


_NO_SPAN = nullcontext(_NoSpan())


def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: Kind = "internal",
    carrier: Mapping[str, str] | None = None,
) -> AbstractContextManager[Span]:
    """A span of a block of code; its parent is the current one, or the one that `carrier` names.

    Parameters: `carrier` are headers such as `traceparent`. An exception that leaves the block is
    recorded without secrets.
    """
    trace = sys.modules.get("opentelemetry.trace")
    return _NO_SPAN if trace is None else _recorded(trace, name, attributes, kind, carrier)


@contextmanager
def _recorded(
    trace: Any,
    name: str,
    attributes: Attributes | None,
    kind: Kind,
    carrier: Mapping[str, str] | None,
) -> Iterator[Span]:
    with trace.get_tracer(NAME).start_as_current_span(
        name,
        context=_parent(trace, carrier),
        kind=trace.SpanKind[kind.upper()],
        attributes=attributes,
        record_exception=False,  # its message may have secrets
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except BaseException as error:
            kind_of_error, message = type(error).__qualname__, mask(str(error))
            described = {"exception.type": kind_of_error, "exception.message": message}
            current.add_event("exception", described)
            current.set_attribute("error.type", kind_of_error)
            current.set_status(trace.StatusCode.ERROR, message)
            raise


def record_span(
    name: str, attributes: Attributes, seconds: float, carrier: Mapping[str, str], *, failed: bool
) -> None:
    """Record the span of a request that was served, and has just ended."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return
    end = time.time_ns()
    served = trace.get_tracer(NAME).start_span(
        name,
        context=_parent(trace, carrier),
        kind=trace.SpanKind.SERVER,
        attributes=attributes,
        start_time=end - round(seconds * 1e9),
    )
    if failed:
        served.set_status(trace.StatusCode.ERROR)
    served.end(end)


def _parent(trace: Any, carrier: Mapping[str, str] | None) -> Any:
    """The context that headers name; None, the current one, inside of a span."""
    if not carrier or trace.get_current_span().get_span_context().is_valid:
        return None
    from opentelemetry.propagate import extract

    return extract(carrier)


def process_carrier() -> dict[str, str]:
    """The span that started this process, as `TRACEPARENT` and `TRACESTATE` name it."""
    names = ("TRACEPARENT", "TRACESTATE", "BAGGAGE")
    return {name.lower(): os.environ[name] for name in names if name in os.environ}


def in_context(function: Callable[[Argument], Result]) -> Callable[[Argument], Result]:
    """The function for other threads: spans in it belong to the span that is current here."""
    if "opentelemetry.trace" not in sys.modules:
        return function
    context = copy_context()
    return lambda argument: context.copy().run(function, argument)
