"""`python`: a step written as a Python function."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import marshal
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, Field, PlainSerializer, WithJsonSchema

from medallion.contracts import Column, Columns, Grain, Inputs, Scope, Transform
from medallion.decorators import declared
from medallion.errors import MedallionError, StepError, did_you_mean
from medallion.records.column_type import TypeText
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import columns_sql, explained, public
from medallion.transforms.dataframes import CHOICES, annotated_kind, to_frame, to_rows

if TYPE_CHECKING:
    from types import CodeType

    from medallion.contracts import Relation

_LOADED_FROM = "__medallion_source__"  # attribute of a module: the digest of its file
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
    - `columns`: the columns of the result, as `column: type` with types such as `text`, `int64` or
      `decimal(12,2)`. The run fails if the function returns others. Without it, `check` knows
      neither them nor anything that is computed from them.

    The function takes the rows as its first parameter, whose annotation chooses the frame:
    `pandas.DataFrame`, `pyarrow.Table`, `polars.DataFrame`, `polars.LazyFrame` or
    `duckdb.DuckDBPyRelation`. Other parameters named like an input of the table get that table, in
    the frame of their annotation. It returns any of these frames. All rows are passed at once
    unless the function is marked `@medallion.transform(scope="rows")`.

    Editing the function's file recomputes the table; editing another module it imports does not.

    ```yaml
    - python: shop_steps:add_segments
    - python:
        function: shop_steps:add_segments
        args: {threshold: 500}
        columns: {client_id: int64, segment: text}
    ```

    Raises StepError when the function does not exist, fails (naming its line) or returns no table.
    """

    name: ClassVar[str] = "python"
    value_field: ClassVar[str | None] = "function"
    version: ClassVar[int] = 2
    threaded: ClassVar[bool] = False
    opaque: ClassVar[bool] = True

    function: Function
    args: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, TypeText] | None = Field(
        default=None, min_length=1, exclude_if=lambda columns: columns is None
    )

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

    def identity_files(self) -> tuple[Path, ...]:
        """The file of the function. To find a module in a package, the package is imported."""
        if not isinstance(self.function, str) or "." in self.function.partition(":")[0]:
            return ()
        spec = importlib.util.find_spec(self.function.partition(":")[0])
        return (Path(spec.origin),) if spec and spec.origin and spec.has_location else ()

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if self.columns is None else tuple(self.columns)

    def declared_columns(self) -> tuple[Column, ...] | None:
        self._load()
        if self.columns is None:
            return None
        return tuple(Column(name=name, type=type_) for name, type_ in self.columns.items())

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
            relation = to_rows(name, result, argument, inputs, same=same)
        self._check_columns(name, relation)
        return relation

    def _check_columns(self, name: str, result: Relation) -> None:
        """Raise StepError unless the result has the declared columns."""
        types = {column: str(type_) for column, type_ in types_of(result).items()}
        returned = {column: types[column] for column in public(result)}
        if self.columns is not None and returned != self.columns:
            listed = ", ".join(f"{column}: {type_}" for column, type_ in returned.items())
            raise StepError(
                f"{name} did not return the declared `columns`",
                hint=f"it returned {listed}",
            )

    def trace(
        self, result: Relation, rows: Relation, inputs: Inputs
    ) -> Mapping[str, Relation] | None:
        """Of a function that is marked as treating each row alone, and takes no other table."""
        parameters = list(inspect.signature(self._load()).parameters)[1:]
        others = any(name in inputs.tables for name in parameters if name not in self.args)
        return None if others else super().trace(result, rows, inputs)

    def _load(self) -> Callable[..., Any]:
        if not isinstance(self.function, str):
            return self.function
        module, _, name = self.function.partition(":")
        try:
            member: Any = _current(module, self.function)
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


def _current(module: str, function: str) -> Any:
    """The module of a function, loaded again if its file is another one than when it was loaded.

    A worker of a cluster, and a notebook, live longer than the code of a step.
    """
    loaded = import_module(module)
    source = hashlib.sha256(_source(function)).hexdigest()
    if getattr(loaded, _LOADED_FROM, source) != source:
        importlib.invalidate_caches()
        loaded = importlib.reload(loaded)
    setattr(loaded, _LOADED_FROM, source)
    return loaded


def _arguments(
    function: Callable[..., Any], name: str, args: dict[str, Any], inputs: Inputs
) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise StepError(
            f"{name} takes no rows", hint=f"give it a first parameter, annotated {CHOICES}"
        )
    arguments = dict(args)
    others = {each.name: each for each in parameters[1:] if each.kind is not each.VAR_KEYWORD}
    if len(others) == len(parameters) - 1 and (unknown := set(args) - set(others)):
        word = min(unknown)
        raise StepError(f"{name} has no parameter {word!r}{did_you_mean(word, others)}")
    for each in others.values():
        if each.name in args:
            continue
        if each.name in inputs.tables:
            table = inputs[each.name]
            arguments[each.name] = to_frame(
                _frame_kind(function, name, each.name), table.project(columns_sql(public(table)))
            )
        elif each.default is each.empty:
            hint = f"the inputs are: {', '.join(sorted(inputs.tables)) or 'none'}"
            raise StepError(
                f"{name}: its parameter {each.name!r} is neither an input nor in `args`", hint=hint
            )
    return arguments


def _frame_kind(function: Callable[..., Any], name: str, parameter: str | None) -> str:
    parameter = parameter or next(iter(inspect.signature(function).parameters))
    kind = annotated_kind(function, parameter)
    if kind is None:
        raise StepError(
            f"{name}: the annotation of {parameter!r} is not a frame",
            hint=f"annotate it as {CHOICES}",
        )
    return kind


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
    code: CodeType | None = getattr(plain, "__code__", None) or getattr(
        type(plain).__call__, "__code__", None
    )
    return code


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
