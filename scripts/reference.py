"""Write the reference sections of docs/ from the code: `make reference`.

The text between `<!-- reference: NAME -->` and `<!-- end of reference -->` in a page is generated
from models, plugins, public names and commands. It is part of the file, so that a code host shows
it too.

NAME is `declaration` (the models of medallion.yaml), `python` (the public names), `commands` (the
command line), `options` (the options of all commands) or a plugin group such as `transforms`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

import medallion
from medallion import plugins
from medallion.cli import COMMANDS, group
from medallion.contracts import Plugin
from medallion.declaration.exports import Export
from medallion.declaration.json_schema import shape
from medallion.declaration.models import Declaration, ServedTable, SinkDeclaration, Source, Table
from medallion.errors import PluginError

DOCS = Path(__file__).parents[1] / "docs"
END = "<!-- end of reference -->"
SECTION = re.compile(rf"^<!-- reference: (\w+) -->$.*?^{END}$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+)(?= \S)", re.MULTILINE)
SIGNATURE_WIDTH = 88
MODELS: Mapping[str, type[BaseModel]] = {
    "The whole file": Declaration,
    "A table of files": Source,
    "A table made of others": Table,
    "A sink": SinkDeclaration,
    "A table in a sink": ServedTable,
    "An exported file": Export,
}

# Types of fields whose JSON Schema says less than a reader needs.
FIELD_TYPES: Mapping[tuple[type[BaseModel], str], str] = {
    (Declaration, "layers"): "mapping of name to layer",
    (Declaration, "tables"): "mapping of layer to mapping of name to table",
    (Declaration, "sinks"): "mapping of name to sink",
    (Declaration, "export"): "list of files",
    (Declaration, "engine"): "engine",
    (Source, "format"): "format",
    (Table, "from_"): "text, list of text or mapping of alias to text",
    (Table, "steps"): "list of transforms",
    (Table, "expect"): "list of expectations",
    (SinkDeclaration, "tables"): "mapping of name to how it is served",
    (ServedTable, "key"): "text or list of text",
    (ServedTable, "indexes"): "list of text or of lists of text",
}
# Fields that are one name in Python and several keys in YAML, with the rows of those keys.
EXPANDED_FIELDS: Mapping[tuple[type[BaseModel], str], Callable[[], list[str]]] = {
    (Declaration, "sections"): lambda: [
        f"| `{name}` | section | none |" for name in sorted(plugins.registered(plugins.SECTIONS))
    ],
    (SinkDeclaration, "sink"): lambda: [
        "| `url` | text | required |",
        "| `type` | the name of a sink | the scheme of `url` |",
        "| … | the sink's own keys | |",
    ],
}


def update(page: str) -> str:
    """Return a page with its reference sections regenerated. Raises KeyError for unknown names."""

    def section(match: re.Match[str]) -> str:
        parent = HEADING.findall(page, 0, match.start())[-1]
        level = "#" * (len(parent) + 1)
        body = HEADING.sub(lambda heading: heading[0].replace("###", level, 1), reference(match[1]))
        return f"<!-- reference: {match[1]} -->\n\n{body}\n\n{END}"

    return SECTION.sub(section, page)


@cache
def reference(name: str) -> str:
    """Return one part of the reference as Markdown. Raises KeyError when there is no such part."""
    parts: Mapping[str, Callable[[], Iterator[str]]] = {
        "declaration": declaration,
        "python": python,
        "commands": commands,
        "options": shared_options,
        **{kind.rpartition(".")[2]: partial(registered, kind) for kind in plugins.GROUPS},
    }
    blocks = [block.rstrip() for block in parts[name]()]
    return "\n\n".join(filter(None, blocks))


def contents(headings: Collection[str]) -> str:
    """Links to the headings of a section, where there are enough of them to get lost among."""
    if len(headings) < 4:
        return ""
    links = [(name.rpartition(" ")[2], name.lower().replace(" ", "-")) for name in headings]
    return " ·\n".join(f"[{label}](#{anchor})" for label, anchor in links)


def declaration() -> Iterator[str]:
    """The models that medallion.yaml is one way to write."""
    for title, model in MODELS.items():
        yield f"### {title}"
        yield f"`medallion.{model.__name__}` in Python."
        yield inspect.getdoc(model) or ""
        yield fields(model)


def registered(group_name: str) -> Iterator[str]:
    """Every plugin of a group."""
    names = sorted(plugins.registered(group_name))
    yield contents(names)
    for name in names:
        yield f"### {name}"
        try:
            plugin = plugins.find(group_name, name)
        except PluginError as error:
            yield f"{error.message}: `{error.hint}`."
            continue
        yield inspect.getdoc(plugin) or ""
        yield fields(plugin)
        if plugin.value_field:
            field = plugin.model_fields.get(plugin.value_field)
            key = (field.alias if field else None) or plugin.value_field
            yield f"Short form: `{name}: …` is the same as `{name}: {{{key}: …}}`."


def fields(model: type[BaseModel]) -> str:
    """A table of a model's keys: type and default of each."""
    schema = model.model_json_schema(by_alias=True)
    properties, definitions = schema.get("properties", {}), schema.get("$defs", {})
    rows = []
    for name, info in model.model_fields.items():
        if (name == "label" and issubclass(model, Plugin)) or (model, name) in EXPANDED_FIELDS:
            continue
        key = info.alias or name
        field_type = FIELD_TYPES.get((model, name)) or shape(properties.get(key, {}), definitions)
        rows.append(f"| `{key}` | {cell(field_type)} | {default(info)} |")
    rows += [
        row for (owner, _), keys in EXPANDED_FIELDS.items() if owner is model for row in keys()
    ]
    if not rows:
        return "It takes no keys."
    return "\n".join(["| key | type | default |", "| --- | --- | --- |", *rows])


def default(info: Any) -> str:
    """The default of a field as it is written in YAML."""
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "none"
    return f"`{cell(str(value).lower() if isinstance(value, bool) else str(value))}`"


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return text.replace("|", "\\|")


def python() -> Iterator[str]:
    """The public names."""
    yield contents(medallion.__all__)
    for name in medallion.__all__:
        public = getattr(medallion, name)
        yield f"### {name}"
        yield definition(name, public)
        yield inspect.getdoc(public) or ""
        if inspect.isclass(public):
            yield attributes(public)
            yield from members(public)


def attributes(owner: type) -> str:
    """The fields of a model or a dataclass, as they are annotated."""
    if owner in MODELS.values():
        return "Its fields are listed in [the declaration](declaration.md)."
    names = [*getattr(owner, "model_fields", ()), *getattr(owner, "__dataclass_fields__", ())]
    annotations: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        annotations |= inspect.get_annotations(base)
    return "\n".join(f"- `{name}: {annotations[name]}`" for name in names)


def members(owner: type) -> Iterator[str]:
    """The public methods and properties a class itself declares."""
    for name, member in vars(owner).items():
        function = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        full_name = f"{owner.__name__}.{name}"
        if name.startswith("_") or isinstance(function, type):
            continue
        if isinstance(function, property) and function.fget:
            code = full_name + signature(function.fget).removeprefix("()")
        elif inspect.isfunction(function):
            code = full_name + signature(function)
        else:
            continue
        yield f"#### {full_name}"
        yield f"```py\n{code}\n```"
        yield inspect.getdoc(function) or ""


def definition(name: str, public: Any) -> str:
    """How a name is called, as a code block. A model's fields are listed below it instead."""
    if inspect.isclass(public):
        if issubclass(public, (BaseModel, Exception)) or inspect.isabstract(public):
            return f"```py\nclass {name}\n```"
        public = public.__init__
    return f"```py\n{name}{signature(public)}\n```"


def signature(function: Callable[..., Any]) -> str:
    """A signature without `self` and quotes around annotations; a long one on several lines."""
    parsed = inspect.signature(function)
    parameters = [item for item in parsed.parameters.values() if item.name not in ("self", "cls")]
    parsed = parsed.replace(parameters=parameters)
    text = plain_annotations(str(parsed))
    text = text.removesuffix(" -> None")
    if len(text) <= SIGNATURE_WIDTH or not parameters:
        return text
    returned = plain_annotations(str(parsed.replace(parameters=[])))[2:].removesuffix(" -> None")
    lines = [plain_annotations(str(parameter)) for parameter in parameters]
    kinds = [parameter.kind for parameter in parameters]
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    if keyword_only in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        lines.insert(kinds.index(keyword_only), "*")
    return "(\n" + "".join(f"    {line},\n" for line in lines) + f"){returned}"


def plain_annotations(text: str) -> str:
    """A signature whose annotations are not evaluated, without their quotes."""
    return re.sub(r"""(: |-> )(["'])(.*?)\2(?=[,)\s]|$)""", r"\1\3", text)


def shared_options() -> Iterator[str]:
    """The options of all commands."""
    context = click.Context(group, info_name="medallion", **group.context_settings)
    yield options(group.get_params(context), context)


def commands() -> Iterator[str]:
    """The commands with their arguments and options."""
    context = click.Context(group, info_name="medallion", **group.context_settings)
    shared = {parameter.name for parameter in group.get_params(context)}
    yield contents([f"medallion {name}" for name in COMMANDS])
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - the group has every name of COMMANDS
        inner = click.Context(command, info_name=name, parent=context)
        yield f"### medallion {name}"
        usage = " ".join(command.collect_usage_pieces(inner))
        yield f"```text\nmedallion {name} {usage}\n```"
        # A line of the help that begins with "# " is an example's comment, not a heading.
        text = inspect.cleandoc(command.help or "")
        yield re.sub(r"^(# .*)$", r"`\1`", text, flags=re.MULTILINE)
        parameters = command.get_params(inner)
        yield options([item for item in parameters if item.name not in shared], inner)


def options(parameters: Collection[click.Parameter], context: click.Context) -> str:
    """A table of options."""
    records = [parameter.get_help_record(context) for parameter in parameters]
    rows = [
        f"| `{cell(record[0])}` | {cell(record[1])} |" for record in records if record and record[1]
    ]
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows]) if rows else ""


def main() -> None:
    """Update every page that has a reference section."""
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        updated = update(page)
        if updated != page:
            path.write_text(updated, encoding="utf-8")
            print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
