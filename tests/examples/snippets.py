"""Run the snippets of a Markdown page in a scratch folder, as a reader would.

All snippets of a page share one folder and run in their order. It begins as a copy of the shop, or
empty on a page that begins with `medallion init .`.

- ```` ```console ````: lines after `$ ` are run and must succeed; the other lines must be in the
  output, in order. Ids, times and spacing may differ. `…` matches any lines, or the rest of a line;
- ```` ```python ````: is run. A snippet that begins with `# name.py` is saved as that file instead,
  for later ones; one that serves until it is stopped is only compiled;
- ```` ```yaml ```` with `name:` and `tables:` is a whole declaration: it is saved as
  `medallion.yaml` and checked. Other YAML, a part of a declaration or a list of steps or
  expectations, is read, and its plugins are built;
- `<!-- not run: REASON -->` before a snippet skips it; above the page's heading, it skips the page.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medallion import plugins
from medallion.declaration import yaml_document
from medallion_panel.block_settings import Block
from tests.commands import command, forked

ROOT = Path(__file__).parents[2]

ELSEWHERE = {
    "docs/api.md": "tests/api/test_docs.py"
}  # pages that need a server, and the tests that run them beside one

FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+) -->\n)?"
    r"^```(?P<kind>console|python|yaml)\n(?P<body>.*?)^```$",
    re.M | re.S,
)
WHOLE = re.compile(r"\A<!-- not run: (?P<reason>.+) -->\s*# ")
FILE = re.compile(r"\A# ([\w./-]+\.(?:py|yaml|toml))\n")

SHELL = re.compile(r"[|&;<>$`*?#\\]")

SERVES = re.compile(r"^\w+\.serve\(", re.M)


@dataclass(frozen=True)
class Snippet:
    """One fenced block: where it begins, its kind, and why it is not run, if so."""

    line: int
    kind: str
    body: str
    reason: str = ""


class SnippetError(AssertionError):
    """A snippet does not do what the page says."""


def pages() -> list[Path]:
    """Every page whose snippets are run here."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if str(page.relative_to(ROOT)) not in ELSEWHERE]


def snippets(text: str) -> list[Snippet]:
    """The snippets of a page, in their order."""
    whole = WHOLE.match(text)
    return [
        Snippet(
            text.count("\n", 0, found.start("kind")) + 1,
            found["kind"],
            found["body"],
            whole["reason"] if whole else found["reason"] or "",
        )
        for found in FENCE.finditer(text)
    ]


def run_page(page: Path, folder: Path) -> None:
    """Run all snippets of a page in an empty folder. Raises SnippetError at the first failure."""
    text = page.read_text(encoding="utf-8")
    if "$ medallion init .\n" not in text:
        shutil.copytree(
            ROOT / "examples/shop",
            folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("lake"),
        )
    for snippet in snippets(text):
        if snippet.reason:
            continue
        try:
            run(snippet, folder)
        except SnippetError as error:
            raise SnippetError(f"{page.relative_to(ROOT)}:{snippet.line}: {error}") from None


def run(snippet: Snippet, folder: Path) -> None:
    """Run one snippet."""
    if snippet.kind == "console":
        for command, said in commands(snippet.body):
            alone = command.startswith("medallion ") and not SHELL.search(command)
            compare(said, call("medallion" if alone else "shell", command, folder), folder)
    elif snippet.kind == "yaml":
        check_yaml(snippet.body, folder)
    elif named := FILE.match(snippet.body):
        (folder / named[1]).write_text(snippet.body, encoding="utf-8")
    elif SERVES.search(snippet.body):
        compile(snippet.body, "snippet", "exec")
    else:
        call("python", snippet.body, folder)


def commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console snippet with the lines shown below it."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, *said = part.rstrip("\n").split("\n")
        yield command, said


def call(kind: Literal["shell", "medallion", "python"], text: str, folder: Path) -> str:
    """The output of a shell line, a `medallion` command or Python. Raises SnippetError."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("MEDALLION_")
    } | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    ended = forked(_run, (kind, text), folder, variables, merged=True)
    if ended.code != 0:
        raise SnippetError(f"{text}\nended with {ended.code}:\n{ended.out}")
    return ended.out


def _run(work: tuple[str, str]) -> None:
    kind, text = work
    if kind == "shell":
        sys.exit(subprocess.run(["sh", "-c", text], check=False).returncode)
    if kind == "medallion":
        command(tuple(shlex.split(text)[1:]))
    exec(compile(text, "snippet", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own docs


def compare(said: list[str], output: str, folder: Path) -> None:
    """Raise SnippetError unless the lines of the page are in the output, in their order."""
    printed = [plain(line, folder) for line in output.splitlines()]
    place = 0
    for line in said:
        wanted = plain(line, folder)
        if wanted in ("", "…"):
            continue
        begins = wanted.removesuffix("…").rstrip() if wanted.endswith("…") else None
        for number in range(place, len(printed)):
            if printed[number] == wanted or (
                begins is not None and printed[number].startswith(begins)
            ):
                place = number + 1
                break
        else:
            raise SnippetError(f"the page says\n  {line}\nbut what was printed is\n{output}")


def plain(line: str, folder: Path) -> str:
    """A line without what differs from run to run."""
    line = line.rstrip().replace(str(folder), "FOLDER")
    line = re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "ID", line)
    line = re.sub(r"just now|\d+ (second|minute)s? ago", "WHEN", line)
    line = re.sub(r"\d+\.\d+ s\b|(?<=  )\d\.\d\d$", "TIME", line)
    return " ".join(line.split())


def check_yaml(body: str, folder: Path) -> None:
    """Check a whole declaration as the command does; of a part, read it and build its plugins."""
    if body.lstrip().startswith("- "):
        body = "list:\n" + body
    part = folder / "part.yaml"
    part.write_text(body, encoding="utf-8")
    variables = {name: f"value-of-{name}" for name in re.findall(r"\$\{(\w+)\}", body)}
    data = yaml_document.read(part, variables).data
    part.unlink()
    if {"name", "tables"} <= data.keys():
        (folder / "medallion.yaml").write_text(body, encoding="utf-8")
        call("medallion", "medallion check", folder)
        return
    if entries := data.pop("list", None):
        data["expect" if is_expectation(entries[0]) else "steps"] = entries
    for block in data.get("blocks", ()):
        Block.model_validate(block)
    for table in [data, *tables(data)]:
        for step in table.get("steps", ()):
            plugins.build(plugins.TRANSFORMS, step)
        for rule in table.get("expect", ()):
            shared = {"on_fail": rule.pop("on_fail")} if is_gated(rule) else {}
            plugins.build(plugins.EXPECTATIONS, rule, **shared)


def is_gated(rule: object) -> bool:
    """Whether an expectation has `on_fail` next to its name."""
    return isinstance(rule, dict) and "on_fail" in rule


def is_expectation(step: object) -> bool:
    """Whether an entry of a list names an expectation, not a transform."""
    names = {step} if isinstance(step, str) else set(step) if isinstance(step, dict) else set()
    return bool(names & set(plugins.registered(plugins.EXPECTATIONS)))


def tables(data: dict[str, object]) -> Iterator[dict[str, list[object]]]:
    """The tables of a part of a declaration."""
    found = data.get("tables")
    for layer in found.values() if isinstance(found, dict) else ():
        yield from layer.values()
