"""`python`: a step written as a Python function."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import marshal
import sysconfig
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, Field, PlainSerializer, WithJsonSchema

from medallion.contracts import ORIGIN, ROW, Grain, Inputs, Scope, Transform
from medallion.decorators import declared
from medallion.errors import MedallionError, StepError, did_you_mean
from medallion.sql.expressions import columns_sql, explained, public
from medallion.transforms.dataframes import CHOICES, annotated_kind, kind_of, to_arrow, to_frame

if TYPE_CHECKING:
    from types import CodeType

    import pyarrow as pa

    from medallion.contracts import Relation

_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def _dotted(function: Any) -> str:
    if isinstance(function, str):
        module, colon, name = function.partition(":")
        if not colon:
            module, _, name = function.rpartition(".")
        if not module or not all(part.isidentifier() for part in f"{module}.{name}".split(".")):
            raise ValueError(f"{function!r} does not name a function; write `module:function`")
        return f"{module}:{name}"
    return f"{function.__module__}:{getattr(function, '__qualname__', type(function).__qualname__)}"


Function = Annotated[
    str | Callable[..., Any],
    AfterValidator(lambda value: _dotted(value) if isinstance(value, str) else value),
    PlainSerializer(_dotted, return_type=str),
    WithJsonSchema({"type": "string"}),
]


class Python(Transform):
    """Runs a Python function on the rows.

    - `function`: `module:function`; in Python, the function itself.
    - `args`: further arguments, passed by name.

    The function takes the rows as its first parameter, whose annotation chooses the frame:
    `pandas.DataFrame`, `pyarrow.Table`, `polars.DataFrame`, `polars.LazyFrame` or
    `duckdb.DuckDBPyRelation`. Other parameters named like an input of the table get that table, in
    the frame of their annotation. It returns any of these frames. All rows are passed at once
    unless the function is marked `@medallion.transform(scope="rows")`.

    Editing the function's file recomputes the table; editing another module it imports does not.

    ```yaml
    - python: shop_steps:add_segments
    - python: {function: shop_steps:add_segments, args: {threshold: 500}}
    ```

    Raises StepError when the function does not exist, fails (naming its line) or returns no table.
    """

    name: ClassVar[str] = "python"
    value_field: ClassVar[str | None] = "function"
    threaded: ClassVar[bool] = False

    function: Function
    args: dict[str, Any] = Field(default_factory=dict)

    @property
    def scope(self) -> Scope:  # type: ignore[override]
        """As the function's decorator says."""
        return declared(self._load()).scope

    @property
    def grain(self) -> Grain:  # type: ignore[override]
        """As the function's decorator says."""
        return declared(self._load()).grain

    def identity(self) -> dict[str, Any]:
        """With the hash of the function's file, so that edited code runs again; not imported."""
        return {**super().identity(), "source": hashlib.sha256(_source(self.function)).hexdigest()}

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        function, name = self._load(), _dotted(self.function)
        same = declared(function).grain == "same"
        argument = rows if same else rows.project(columns_sql(public(rows)))
        arguments = _arguments(function, name, self.args, inputs)
        frame = to_frame(_frame_kind(function, name, None), argument)
        try:
            result = function(frame, **arguments)
        except MedallionError:
            raise
        except Exception as error:
            raise StepError(
                f"{name} failed at {_place(error, function)}: {type(error).__name__}: {error}"
            ) from error
        with explained(f"{name}: what it returned"):
            return _result(name, result, argument, inputs, same)

    def _load(self) -> Callable[..., Any]:
        if not isinstance(self.function, str):
            return self.function
        module, _, name = self.function.partition(":")
        try:
            member: Any = import_module(module)
        except ModuleNotFoundError as error:
            hint = "put the module next to the declaration, or install its package"
            raise StepError(
                f"{self.function}: there is no module {error.name!r}", hint=hint
            ) from error
        except Exception as error:
            raise StepError(
                f"{self.function}: importing {module} failed: {type(error).__name__}: {error}"
            ) from error
        for part in name.split("."):
            if not hasattr(member, part):
                known = [key for key, value in vars(member).items() if inspect.isfunction(value)]
                raise StepError(
                    f"{self.function}: {module} has no {part!r}{did_you_mean(part, known)}"
                )
            member = getattr(member, part)
        if not callable(member):
            raise StepError(f"{self.function} is not a function")
        return cast("Callable[..., Any]", member)


def _arguments(
    function: Callable[..., Any], name: str, args: dict[str, Any], inputs: Inputs
) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise StepError(
            f"{name} takes no rows", hint=f"give it a first parameter, annotated {CHOICES}"
        )
    given = dict(args)
    others = {each.name: each for each in parameters[1:] if each.kind is not each.VAR_KEYWORD}
    if len(others) == len(parameters) - 1 and (unknown := set(args) - set(others)):
        word = min(unknown)
        raise StepError(f"{name} has no parameter {word!r}{did_you_mean(word, others)}")
    for each in others.values():
        if each.name in args:
            continue
        if each.name in inputs.tables:
            table = inputs[each.name]
            given[each.name] = to_frame(
                _frame_kind(function, name, each.name), table.project(columns_sql(public(table)))
            )
        elif each.default is each.empty:
            hint = f"the inputs are: {', '.join(sorted(inputs.tables)) or 'none'}"
            raise StepError(
                f"{name}: its parameter {each.name!r} is neither an input nor in `args`", hint=hint
            )
    return given


def _frame_kind(function: Callable[..., Any], name: str, parameter: str | None) -> str:
    parameter = parameter or next(iter(inspect.signature(function).parameters))
    kind = annotated_kind(function, parameter)
    if kind is None:
        raise StepError(
            f"{name}: the annotation of {parameter!r} is not a frame",
            hint=f"annotate it as {CHOICES}",
        )
    return kind


def _result(name: str, frame: Any, rows: Relation, inputs: Inputs, same: bool) -> Relation:
    kind = kind_of(type(frame))
    if kind is None:
        raise StepError(
            f"{name} returned {type(frame).__name__}, not a table", hint=f"return a {CHOICES}"
        )
    if kind == "relation":
        relation: Relation = inputs.sql("select * from frame", frame=frame)
    else:
        try:
            table = to_arrow(frame, rows)
        except StepError as error:
            raise StepError(f"{name}: {error.message}", hint=error.hint) from error
        relation = inputs.connection.from_arrow(table)
        if same:
            _verify(name, table, rows)
    reserved = {ROW, ORIGIN} & set(relation.columns)
    if same and len(reserved) < 2:
        raise StepError(f"{name} must return the columns {ROW} and {ORIGIN} of its rows")
    if not same and reserved:
        raise StepError(f"{name} returned a column {min(reserved)!r}, which is reserved")
    return relation


def _verify(name: str, table: pa.Table, rows: Relation) -> None:
    if {ROW, ORIGIN} <= set(table.column_names):
        expected = rows.project(columns_sql((ROW, ORIGIN))).to_arrow_table()
        returned = table.select([ROW, ORIGIN]).cast(expected.schema)
        if returned.sort_by(ROW).equals(expected.sort_by(ROW)):
            return
    raise StepError(
        f"{name} is marked grain='same', but did not return each row once "
        f"with its {ROW} and {ORIGIN}",
        hint="keep both columns and every row, or leave `grain` out",
    )


def _source(function: str | Callable[..., Any]) -> bytes:
    if isinstance(function, str):
        module = function.partition(":")[0]
        try:
            spec = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            spec = None
        if spec is None:
            hint = "put the module next to the declaration, or install its package"
            raise StepError(f"{function}: there is no module {module!r}", hint=hint)
        return Path(spec.origin).read_bytes() if spec.origin and spec.has_location else b""
    code = _code(function)
    if code is None:  # written in C
        return b""
    path = Path(code.co_filename)
    return path.read_bytes() if path.is_file() else marshal.dumps(code)


def _code(function: Callable[..., Any]) -> CodeType | None:
    """The code of a function, or of an object that is called as one."""
    plain = inspect.unwrap(function)
    found: CodeType | None = getattr(plain, "__code__", None) or getattr(
        type(plain).__call__, "__code__", None
    )
    return found


def _place(error: Exception, function: Callable[..., Any]) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    code = _code(function)
    own = code and code.co_filename
    theirs = [
        frame
        for frame in frames
        if frame.filename == own or not frame.filename.startswith((*_LIBRARIES, "<"))
    ]
    theirs = [frame for frame in theirs if frame.filename != __file__] or list(frames)
    return f"{theirs[-1].filename}:{theirs[-1].lineno}"
