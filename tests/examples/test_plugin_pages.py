"""The plugins of the pages on plugins can be installed as the pages say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from medallion import plugins
from medallion.storage import STORAGES
from tests.examples.snippets import FILE, ROOT, snippets

KINDS = {group.partition(".")[2].removesuffix("s"): group for group in (*plugins.GROUPS, STORAGES)}
CLASS = re.compile(r"^class (\w+)\(\w+\):.*?^    name = \"(\w+)\"$", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def modules(page: Path) -> dict[str, str]:
    """The modules of a page, without tests, by name."""
    named = [
        (match[1], snippet.body)
        for snippet in snippets(page.read_text(encoding="utf-8"))
        if (match := FILE.match(snippet.body))
    ]
    return {name: body for name, body in named if not name.startswith("test_")}


def entry_points(page: Path, kind: str) -> dict[str, dict[str, str]]:
    """The entry points that a page registers, else those that follow from its classes."""
    points: dict[str, dict[str, str]] = {}
    for block in TOML.findall(page.read_text(encoding="utf-8")):
        points |= tomllib.loads(block)["project"]["entry-points"]
    for file, body in modules(page).items() if not points else ():
        for kind_of_plugin, name in CLASS.findall(body):
            points.setdefault(KINDS[kind], {})[name] = f"{Path(file).stem}:{kind_of_plugin}"
    return points


def described(name: str, site: Path) -> list[dict[str, object]]:
    """What `medallion plugins` says of a name when `site` is installed."""
    done = subprocess.run(
        [sys.executable, "-m", "medallion", "plugins", name, "--json"],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    descriptions: list[dict[str, object]] = json.loads(done.stdout)
    return [description for description in descriptions if description["from"] == "authors-plugins"]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sink"}))  # examples/plugin has the sink
def test_the_plugins_of_a_page_are_loaded_by_their_entry_points(kind: str, tmp_path: Path) -> None:
    page = ROOT / f"docs/plugins/{kind}.md"
    points = entry_points(page, kind)
    assert list(points) == [KINDS[kind]]
    for file, body in modules(page).items():
        (tmp_path / file).write_text(body)
    info = tmp_path / "authors_plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: authors-plugins\nVersion: 1.0\n")
    lines = [f"{name} = {value}\n" for name, value in points[KINDS[kind]].items()]
    (info / "entry_points.txt").write_text(f"[{KINDS[kind]}]\n{''.join(lines)}")
    for name in points[KINDS[kind]]:
        (description,) = described(name, tmp_path)
        assert description["doc"]
        assert "missing" not in description, description["missing"]
