"""The registry: what is there, what is missing, and whose fault it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion import plugins
from medallion.entry_points import registry
from medallion.errors import PluginError


class Site:
    """A folder of installed distributions that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, points: str, **modules: str) -> None:
        """A distribution with entry points, by default among the transforms, and its modules."""
        info = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        group = "" if points.startswith("[") else f"[{plugins.TRANSFORMS}]\n"
        (info / "entry_points.txt").write_text(f"{group}{points}\n")
        for module, body in modules.items():
            package = self.folder / module
            package.mkdir()
            (package / "__init__.py").write_text(body)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    caches = (registry, plugins.find)
    for cache in caches:
        cache.cache_clear()
    yield Site(tmp_path)
    for cache in caches:
        cache.cache_clear()


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(
        PluginError, match=r"^there is no transform 'trimm'; did you mean 'trim'\?$"
    ):
        plugins.find(plugins.TRANSFORMS, "trimm")
    with pytest.raises(
        PluginError,
        match=r"there is no sink 'oracle'; there is mongodb, mongodb\+srv, postgresql, sqlite",
    ):
        plugins.find(plugins.SINKS, "oracle")


def test_a_distribution_of_somebody_else_adds_a_plugin(site: Site) -> None:
    body = "from medallion.transforms.trim import Trim\nclass Shave(Trim):\n    name = 'shave'\n"
    site.install("shaving", "shave = shaving_a:Shave", shaving_a=body)
    assert plugins.find(plugins.TRANSFORMS, "shave").name == "shave"
    assert plugins.find(plugins.TRANSFORMS, "trim").name == "trim"


def test_a_name_of_medallion_stays_its_own_and_the_rival_is_reported(site: Site) -> None:
    site.install("other", "trim = other_a:Trim")
    assert plugins.find(plugins.TRANSFORMS, "trim").__module__ == "medallion.transforms.trim"
    (defect,) = plugins.defects()
    assert (defect.name, defect.distribution) == ("trim", "other")
    assert defect.reason == "other_a:Trim: the name is taken by a plugin of medallion itself"


def test_a_name_that_two_strangers_register_fails_only_where_it_is_used(site: Site) -> None:
    body = "from medallion.transforms.trim import Trim\nclass Shave(Trim):\n    name = 'shave'\n"
    site.install("one", "shave = one_a:Shave", one_a=body)
    site.install("two", "shave = two_a:Shave", two_a=body)
    assert plugins.find(plugins.TRANSFORMS, "trim").name == "trim"
    with pytest.raises(PluginError) as error:
        plugins.find(plugins.TRANSFORMS, "shave")
    assert (
        error.value.message
        == "transform 'shave' is registered twice: by one_a:Shave of one and two_a:Shave of two"
    )


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
def test_a_missing_package_is_told_with_what_installs_it(
    site: Site, point: str, command: str
) -> None:
    site.install("far-away", point, far_a="import a_package_nobody_has.deep\n")
    with pytest.raises(
        PluginError, match=r"^transform 'far' needs a_package_nobody_has, which is not "
    ) as error:
        plugins.find(plugins.TRANSFORMS, "far")
    assert error.value.hint == command
    reported = [] if "[" in point else ["far"]
    assert [defect.name for defect in plugins.defects()] == reported


BROKEN = {
    "its own name": (
        "from broken_a import nothing\n",
        "ImportError: cannot import name 'nothing' from",
    ),
    "its own module": (
        "import broken_a.nowhere\n",
        "ModuleNotFoundError: No module named 'broken_a.nowhere'",
    ),
    "another package's name": (
        "from json import nothing\n",
        "ImportError: cannot import name 'nothing' from 'json'",
    ),
    "syntax": ("class Broken(:\n", "SyntaxError: "),
    "any error": ("raise RuntimeError('no licence')\n", "RuntimeError: no licence"),
    "an exit": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "no such class": ("pass\n", "AttributeError: module 'broken_a' has no attribute 'Broken'"),
    "not a plugin": ("Broken = dict\n", "broken_a:Broken is not a Transform class"),
    "another kind": (
        "from medallion.layers.raw import Raw as Broken\n",
        "broken_a:Broken is not a Transform class",
    ),
    "no name": (
        (
            "from medallion.contracts import Transform\n"
            "class Broken(Transform):\n    def apply(self, rows, inputs): ...\n"
        ),
        "broken_a:Broken has no `name`",
    ),
    "a wrong value field": (
        (
            "from medallion.transforms.trim import Trim\n"
            "class Broken(Trim):\n    value_field = 'nowhere'\n"
        ),
        "broken_a:Broken has no field 'nowhere', its `value_field`",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_plugin_that_cannot_be_loaded_is_named_with_its_distribution(
    site: Site, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, reason = BROKEN[case]
    monkeypatch.delitem(sys.modules, "broken_a", raising=False)
    site.install("broken-dist", "broken = broken_a:Broken", broken_a=body)
    with pytest.raises(PluginError) as error:
        plugins.find(plugins.TRANSFORMS, "broken")
    assert error.value.message.startswith(
        f"transform 'broken' of broken-dist cannot be loaded: {reason}"
    )
    assert error.value.hint == "upgrade it, or remove it with: pip uninstall broken-dist"
    assert "broken" not in plugins.loadable(plugins.TRANSFORMS)
    assert [(defect.name, defect.distribution) for defect in plugins.defects()] == [
        ("broken", "broken-dist")
    ]


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


def test_moving_a_plugin_changes_no_fingerprint() -> None:
    from medallion.formats.csv import Csv
    from medallion.layers.raw import Raw
    from medallion.transforms.trim import Trim

    for kind in (Trim, Csv, Raw):
        moved = type("Renamed", (kind,), {"__module__": "moved.elsewhere"})
        assert moved().identity() == kind().identity()
        assert kind().identity()["plugin"] == kind.name
