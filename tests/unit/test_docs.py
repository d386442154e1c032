"""Nothing that a user can name goes undocumented: keys, plugins, public names, commands, pages."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from scripts import reference

import medallion
from medallion import plugins
from medallion.cli import COMMANDS, group
from medallion.contracts import Plugin
from medallion.declaration.exports import Export
from medallion.declaration.models import Declaration, ServedTable, SinkDeclaration, Source, Table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MODELS = (Declaration, Source, Table, SinkDeclaration, ServedTable, Export)
PLUGINS = [(kind, name) for kind in plugins.GROUPS for name in plugins.registered(kind)]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page as a reader gets it, by its name."""
    return {
        str(page.relative_to(DOCS).with_suffix("")): page.read_text(encoding="utf-8")
        for page in sorted(DOCS.rglob("*.md"))
    }


def headings(text: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", text, re.MULTILINE))


def written(model: Any) -> list[str]:
    """The keys of a model as they stand in YAML."""
    return [
        info.alias or name
        for name, info in model.model_fields.items()
        if name not in ("sections", "sink")
    ]


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_every_plugin_is_described_with_an_example_and_all_its_keys(
    kind: str, name: str, pages: dict[str, str]
) -> None:
    home = {
        plugins.TRANSFORMS: "transforms",
        plugins.EXPECTATIONS: "expectations",
        plugins.FORMATS: "sources",
        plugins.SOURCES: "sources",
    }.get(kind, "declaration")
    assert name in headings(pages[home])
    found: type[Plugin] = plugins.find(kind, name)
    doc = inspect.getdoc(found) or ""
    assert doc in pages[home]
    assert f"{name}" in doc or kind in (plugins.SINKS, plugins.FORMATS)
    assert re.search(r"```yaml|^ *(layers|engine|sinks|tables|steps|expect):", doc, re.MULTILINE), (
        "an example is missing"
    )
    for key in written(found):
        assert f"| `{key}` |" in pages[home] or key == "label"


@pytest.mark.parametrize("model", MODELS)
def test_every_key_of_the_declaration_is_explained(model: Any, pages: dict[str, str]) -> None:
    page = (DOCS / "declaration.md").read_text(encoding="utf-8") + (DOCS / "sources.md").read_text(
        encoding="utf-8"
    )
    told = (inspect.getdoc(model) or "") + page
    for key in written(model):
        assert (
            f"`{key}`" in told
            or re.search(rf"^ *-? ?{key}:.*#", told, re.MULTILINE)
            or f"{key}:" in page
        ), key
        assert f"| `{key}` |" in pages["declaration"]
    for key in plugins.registered(plugins.SECTIONS):
        assert f"| `{key}` |" in pages["declaration"]


@pytest.mark.parametrize("name", medallion.__all__)
def test_every_public_name_is_described(name: str, pages: dict[str, str]) -> None:
    found = getattr(medallion, name)
    assert name in headings(pages["python"])
    doc = inspect.getdoc(found)
    assert doc
    assert doc in pages["python"]
    assert not doc.startswith(f"{name}("), "this is what dataclasses give themselves"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name: str, pages: dict[str, str]) -> None:
    context = click.Context(group, info_name="medallion")
    command = group.get_command(context, name)
    assert command is not None
    assert command.help
    assert f"medallion {name}" in headings(pages["commands"])
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.opts[-1] in pages["commands"]
        else:
            assert str(parameter.metavar or parameter.name).strip("[]").upper() in command.help, (
                parameter.name
            )


def test_every_kind_of_plugin_has_a_page(pages: dict[str, str]) -> None:
    for kind in plugins.GROUPS:
        assert f"plugins/{kind.rpartition('.')[2].removesuffix('s')}" in pages
        assert f"`{kind}`" in pages["plugins/index"]


def test_every_extra_is_in_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for extra in project["optional-dependencies"]:
        assert f"| `{extra}` |" in readme


def test_every_page_is_in_a_table_of_contents(pages: dict[str, str]) -> None:
    listed = {"index"}
    for page, text in pages.items():
        folder = page.rpartition("/")[0]
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            entries = [line for line in tree.splitlines() if line and not line.startswith(":")]
            listed |= {f"{folder}/{entry}".lstrip("/") for entry in entries}
    assert set(pages) <= listed


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page}: {link}"


def test_every_path_of_the_architecture_exists(pages: dict[str, str]) -> None:
    """Paths are relative to src/, or to the root for what is not installed."""
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", pages["architecture"])
    assert len(set(paths)) > 60
    missing = [
        path for path in paths if not any((top / path).exists() for top in (ROOT / "src", ROOT))
    ]
    assert not missing, "a module moved: correct docs/architecture.md"


def test_the_walk_through_the_code_answers_20_questions(pages: dict[str, str]) -> None:
    walk = pages["architecture"].partition("## Where is the code that")[2].partition("\n## ")[0]
    answers = re.findall(r"^\| .+\? \| `(.+)` \|$", walk, re.MULTILINE)
    assert len(answers) >= 20
    assert all((ROOT / "src" / answer).is_file() for answer in answers)


def test_nothing_is_taken_from_elsewhere() -> None:
    settings = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert not re.search(r"https?://", settings)


def test_reference_sections_are_up_to_date(pages: dict[str, str]) -> None:
    stale = [f"docs/{name}.md" for name, page in pages.items() if reference.update(page) != page]
    assert not stale, f"{', '.join(stale)}: run `make reference` (or python -m scripts.reference)"


def test_a_reference_that_is_unknown_is_an_error() -> None:
    with pytest.raises(KeyError):
        reference.update("# Page\n\n<!-- reference: nonsense -->\n\n<!-- end of reference -->\n")
