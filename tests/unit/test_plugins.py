"""The registry: what is there, what is missing, and whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion import plugins
from medallion.errors import PluginError


class Site:
    """A folder of installed distributions that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, points: str, **modules: str) -> None:
        """A distribution with entry points among the transforms, and its modules."""
        info = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{plugins.TRANSFORMS}]\n{points}\n")
        for module, body in modules.items():
            package = self.folder / module
            package.mkdir()
            (package / "__init__.py").write_text(body)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    caches = (plugins.installed, plugins.registered, plugins.find)
    for cache in caches:
        cache.cache_clear()
    yield Site(tmp_path)
    for cache in caches:
        cache.cache_clear()


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(PluginError, match=r"^there is no transform 'trimm'; did you mean 'trim'\?$"):
        plugins.find(plugins.TRANSFORMS, "trimm")
    with pytest.raises(PluginError, match=r"there is no sink 'oracle'; there is mongodb, mongodb\+srv, sqlite"):
        plugins.find(plugins.SINKS, "oracle")


def test_a_distribution_of_somebody_else_adds_a_plugin(site: Site) -> None:
    body = "from medallion.transforms.trim import Trim\nclass Shave(Trim):\n    name = 'shave'\n"
    site.install("shaving", "shave = shaving_a:Shave", shaving_a=body)
    assert plugins.find(plugins.TRANSFORMS, "shave").name == "shave"
    assert plugins.find(plugins.TRANSFORMS, "trim").name == "trim"


def test_a_name_registered_twice_is_told_with_both(site: Site) -> None:
    site.install("other", "trim = other_a:Trim")
    with pytest.raises(PluginError, match=r"'trim' is registered twice: ") as error:
        plugins.registered(plugins.TRANSFORMS)
    assert "other_a:Trim" in str(error.value)
    assert "medallion.transforms.trim:Trim" in str(error.value)


def test_one_distribution_found_in_two_places_is_no_conflict(site: Site) -> None:
    site.install("medallion-again", "trim = medallion.transforms.trim:Trim")
    assert plugins.find(plugins.TRANSFORMS, "trim").name == "trim"


@pytest.mark.parametrize(
    ("point", "command"),
    [
        ("far = far_a:Far [cloud]", "pip install 'far-away[cloud]'"),
        ("far = far_a:Far [cloud,more]", "pip install 'far-away[cloud,more]'"),
        ("far = far_a:Far", "pip install 'far-away'"),
    ],
)
def test_a_missing_package_is_told_with_what_installs_it(site: Site, point: str, command: str) -> None:
    site.install("far-away", point, far_a="import a_package_nobody_has.deep\n")
    with pytest.raises(PluginError, match=r"^transform 'far' needs a_package_nobody_has, which is not ") as error:
        plugins.find(plugins.TRANSFORMS, "far")
    assert error.value.hint == command


@pytest.mark.parametrize(
    "body", ["from broken_a import nothing\n", "import broken_a.nowhere\n", "from broken_a.nowhere import Thing\n"]
)
def test_a_fault_in_the_plugins_own_package_is_not_disguised(
    site: Site, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "broken_a", raising=False)
    site.install("broken", "broken = broken_a:Broken", broken_a=body)
    with pytest.raises(ImportError, match="broken_a"):
        plugins.find(plugins.TRANSFORMS, "broken")


def test_what_is_no_plugin_is_told(site: Site) -> None:
    site.install("odd", "odd = odd_a:Odd\n", odd_a="Odd = dict\n")
    with pytest.raises(PluginError, match="odd_a:Odd is registered as transform 'odd' but is no Plugin class"):
        plugins.find(plugins.TRANSFORMS, "odd")


def test_every_registered_plugin_is_there_under_its_own_name() -> None:
    for group in plugins.GROUPS:
        for name in plugins.registered(group):
            found = plugins.find(group, name)
            assert found.name in (name, name.partition("+")[0]), (group, name)


def test_what_a_user_writes_becomes_name_and_body() -> None:
    assert plugins.split("trim") == ("trim", None)
    assert plugins.split({"cast": {"a": "date"}}) == ("cast", {"a": "date"})
    assert plugins.split({"type": "parquet", "retain": 3}) == ("parquet", {"retain": 3})
    for wrong in ({"a": 1, "b": 2}, 3, []):
        with pytest.raises(PluginError, match="write a name, or a mapping of one name"):
            plugins.split(wrong)
