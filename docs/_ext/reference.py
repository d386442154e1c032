"""Reference text made at build time from the models, the plugins, the public names and the commands.

A line `<!-- reference: NAME -->` in a page becomes Markdown: `declaration` gives the models of
medallion.yaml, `python` the public names, `commands` the command line, `options` what all commands take,
and the name of a plugin group (`transforms`) every plugin registered there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel

import medallion
from medallion import plugins
from medallion.cli import COMMANDS, group
from medallion.contracts import Plugin
from medallion.declaration.json_schema import shape
from medallion.declaration.models import Declaration, ServedTable, SinkDeclaration, Source, Table
from medallion.errors import PluginError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- reference: (\w+) -->$", re.MULTILINE)
HEADING = re.compile(r"^(#+)(?= \S)", re.MULTILINE)
MODELS: Mapping[str, type[BaseModel]] = {
    "The whole file": Declaration,
    "A table of files": Source,
    "A table made of others": Table,
    "A sink": SinkDeclaration,
    "A table in a sink": ServedTable,
}

KINDS: Mapping[tuple[type[BaseModel], str], str] = {
    (Declaration, "layers"): "mapping of name to layer",
    (Declaration, "tables"): "mapping of layer to mapping of name to table",
    (Declaration, "sinks"): "mapping of name to sink",
    (Declaration, "engine"): "engine",
    (Source, "format"): "format",
    (Table, "from_"): "text, list of text or mapping of alias to text",
    (Table, "steps"): "list of transforms",
    (Table, "expect"): "list of expectations",
    (SinkDeclaration, "tables"): "mapping of name to how it is served",
    (ServedTable, "key"): "text or list of text",
    (ServedTable, "indexes"): "list of text or of lists of text",
}
SPREAD: Mapping[tuple[type[BaseModel], str], Callable[[], list[str]]] = {
    # What is one field in Python and several keys in YAML.
    (Declaration, "sections"): lambda: [
        f"| `{name}` | section | none |" for name in sorted(plugins.registered(plugins.SECTIONS))
    ],
    (SinkDeclaration, "sink"): lambda: [
        "| `url` | text | needed |",
        "| `type` | the name of a sink | the scheme of `url` |",
        "| … | the sink's own keys | |",
    ],
}


def expand(text: str) -> str:
    """A page with its reference lines replaced."""

    def made(found: re.Match[str]) -> str:
        above = HEADING.findall(text, 0, found.start())
        return HEADING.sub(
            lambda heading: heading[0].replace("###", "#" * (len(above[-1]) + 1), 1),
            reference(found[1]),
        )

    return MARK.sub(made, text)


def reference(name: str) -> str:
    """One part of the reference, as Markdown. Raises KeyError when there is no such part."""
    made: Mapping[str, Callable[[], Iterator[str]]] = {
        "declaration": declaration,
        "python": python,
        "commands": commands,
        "options": shared_options,
        **{kind.rpartition(".")[2]: partial(registered, kind) for kind in plugins.GROUPS},
    }
    return "\n\n".join(made[name]())


def declaration() -> Iterator[str]:
    """The models that medallion.yaml is one way to write."""
    for title, model in MODELS.items():
        yield f"### {title}"
        yield f"`medallion.{model.__name__}` in Python."
        yield inspect.getdoc(model) or ""
        yield fields(model)


def registered(group_name: str) -> Iterator[str]:
    """Every plugin of a group."""
    for name in sorted(plugins.registered(group_name)):
        yield f"### {name}"
        try:
            found = plugins.find(group_name, name)
        except PluginError as error:
            yield f"{error.message}: `{error.hint}`."
            continue
        yield inspect.getdoc(found) or ""
        yield fields(found)
        if found.value_field:
            yield f"A value that is no mapping of these keys is taken as `{key(found, found.value_field)}`."


def fields(model: type[BaseModel]) -> str:
    """A table of a model's keys: type and default of each."""
    schema = model.model_json_schema(by_alias=True)
    properties, definitions = schema.get("properties", {}), schema.get("$defs", {})
    rows = []
    for name, info in model.model_fields.items():
        if (name == "label" and issubclass(model, Plugin)) or (model, name) in SPREAD:
            continue
        written = info.alias or name
        kind = KINDS.get((model, name)) or shape(properties.get(written, {}), definitions)
        rows.append(
            f"| `{written}` | {cell(kind)} | {'needed' if info.is_required() else default(info)} |"
        )
    rows += [row for (owner, _), made in SPREAD.items() if owner is model for row in made()]
    if not rows:
        return "It takes no keys."
    return "\n".join(["| key | type | default |", "| --- | --- | --- |", *rows])


def key(model: type[BaseModel], name: str) -> str:
    """A field as it is written in YAML."""
    info = model.model_fields.get(name)
    return (info.alias if info else None) or name


def default(info: Any) -> str:
    value = info.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "none"
    return f"`{cell(str(value).lower() if isinstance(value, bool) else str(value))}`"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def python() -> Iterator[str]:
    """The public names."""
    for name in medallion.__all__:
        found = getattr(medallion, name)
        yield f"### {name}"
        yield signature(name, found)
        yield inspect.getdoc(found) or ""
        if inspect.isclass(found):
            yield from attributes(found)
            yield from members(found)


def attributes(owner: type) -> Iterator[str]:
    """The fields of a model or a dataclass, as they are annotated."""
    if owner in MODELS.values():
        yield "Its fields are told in [the declaration](declaration.md)."
        return
    known = [*getattr(owner, "model_fields", ()), *getattr(owner, "__dataclass_fields__", ())]
    kinds = {
        name: kind
        for base in reversed(owner.__mro__)
        for name, kind in inspect.get_annotations(base).items()
    }
    if known:
        yield "\n".join(f"- `{name}: {kinds[name]}`" for name in known)


def members(owner: type) -> Iterator[str]:
    """The public methods and properties a class itself declares."""
    for name, member in vars(owner).items():
        inside = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if name.startswith("_") or isinstance(inside, type):
            continue
        if isinstance(inside, property) and inside.fget:
            yield f"#### {owner.__name__}.{name}"
            yield f"```python\n{owner.__name__}.{name}{str(called(inside.fget)).removeprefix('()')}\n```"
            yield inspect.getdoc(inside) or ""
        elif inspect.isfunction(inside):
            yield f"#### {owner.__name__}.{name}"
            yield f"```python\n{owner.__name__}.{name}{called(inside)}\n```"
            yield inspect.getdoc(inside) or ""


def signature(name: str, found: Any) -> str:
    """How it is called, as a code block. A model's fields are listed below it instead."""
    if inspect.isclass(found) and (
        issubclass(found, (BaseModel, Exception)) or inspect.isabstract(found)
    ):
        return f"```python\nclass {name}\n```"
    return f"```python\n{name}{called(found.__init__ if inspect.isclass(found) else found)}\n```"


def called(function: Callable[..., Any]) -> str:
    """A signature without `self` and the quotes of annotations that are not evaluated."""
    found = inspect.signature(function)
    parameters = [item for item in found.parameters.values() if item.name not in ("self", "cls")]
    text = (
        str(found.replace(parameters=parameters))
        .removesuffix(" -> None")
        .removesuffix(" -> 'None'")
    )
    return re.sub(r"""(: |-> )(["'])(.*?)\2(?=[,)\s]|$)""", r"\1\3", text)


def shared_options() -> Iterator[str]:
    """What all commands take."""
    yield options(group, click.Context(group, info_name="medallion"))


def commands() -> Iterator[str]:
    """The commands with their arguments and options."""
    context = click.Context(group, info_name="medallion")
    shared = {option.name for option in group.params}
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - COMMANDS are those there are
        inner = click.Context(command, info_name=name, parent=context)
        yield f"### medallion {name}"
        usage = " ".join(command.collect_usage_pieces(inner))
        yield f"```text\nmedallion {name} {usage}\n```"
        yield re.sub(r"^(# .*)$", r"`\1`", inspect.cleandoc(command.help or ""), flags=re.MULTILINE)
        yield options(command, inner, without=shared)


def options(
    command: click.Command, context: click.Context, without: Collection[str | None] = ()
) -> str:
    """A table of a command's own options."""
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1] and parameter.name not in {"help", *without}:
            rows.append(f"| `{cell(record[0])}` | {cell(record[1])} |")
    return "\n".join(["| option | |", "| --- | --- |", *rows]) if rows else ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""

    def read(_: Sphinx, page: str, source: list[str]) -> None:
        del page
        made = expand(source[0])
        if made != source[0]:
            app.env.note_reread()  # plugins may change while the page does not
            source[0] = made

    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
