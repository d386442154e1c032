"""Storages are opened by the scheme of their URL, whoever registers them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import medallion as md
from medallion import plugins
from medallion.entry_points import registry
from medallion.errors import NotInstalledError, PluginError
from medallion.storage import STORAGES, open_storage, require_packages
from medallion.storage.local import LocalStorage
from medallion.storage.object_store import RemoteStorage
from medallion.testing.storages import StorageContract

TOY = """\
from pathlib import Path

from medallion.storage.local import LocalStorage


class Toy(LocalStorage):
    '''Objects below `toy://`, in a folder.'''

    def __init__(self, url, options):
        super().__init__(Path(options.get("root", {root!r}), url.partition("://")[2]))
        self.url = url
"""
YAML = """\
name: small
lake: toy://warehouse/lake
tables:
  bronze:
    orders: {source: "toy://inbox/*.csv"}
  gold:
    orders: {from: bronze.orders, steps: [trim]}
"""


def install(folder: Path, points: str, body: str = "") -> None:
    info = folder / "toys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{STORAGES}]\n{points}\n")
    (folder / "toys_a.py").write_text(body)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path of modules, for a distribution with storages."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    registry.cache_clear()
    yield site
    registry.cache_clear()
    sys.modules.pop("toys_a", None)


class TestToy(StorageContract):
    """A storage of another distribution, by its URL."""

    @pytest.fixture
    def storage(self, site: Path, tmp_path: Path) -> LocalStorage:
        install(site, "toy = toys_a:Toy", TOY.format(root=str(tmp_path)))
        storage = open_storage("toy://lake")
        assert isinstance(storage, LocalStorage)
        return storage

    test_no_swap_of_many_processes_is_lost = None  # type: ignore[assignment] # (needs the site)


def test_a_pipeline_runs_on_a_storage_of_another_distribution(site: Path, tmp_path: Path) -> None:
    install(site, "toy = toys_a:Toy", TOY.format(root=str(tmp_path)))
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox/orders.csv").write_text("id,name\n1, a \n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    table = md.Lake("toy://warehouse/lake").table("gold.orders")
    assert table.to_pandas()["name"].tolist() == ["a"]
    assert (tmp_path / "warehouse/lake/current.json").is_file()


def test_options_reach_the_storage(site: Path, tmp_path: Path) -> None:
    install(site, "toy = toys_a:Toy", TOY.format(root="/nowhere"))
    storage = open_storage("toy://x", options={"root": str(tmp_path)})
    storage.put("object", b"data")
    assert (tmp_path / "x/object").read_bytes() == b"data"
    assert pickle.loads(pickle.dumps(storage)).read("object")[0] == b"data"  # noqa: S301


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "oss://bucket/lake",
            r"neither a folder nor a URL .*; there is abfs, abfss, az, ftp, ftps, github, gs, http, https, memory, s3, sftp, smb, tar, zip",
        ),
        ("S3://bucket/lake", r"did you mean 's3'\?"),
        ("local://lake", r"neither a folder"),
        ("s3://", r"neither a folder"),
    ],
)
def test_a_scheme_without_a_storage_says_what_to_install(url: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason) as caught:
        open_storage(url)
    assert f"registers '{url.partition('://')[0]}' in the group {STORAGES}" in caught.value.hint


def test_a_storage_that_cannot_be_loaded_is_named_with_its_distribution(site: Path) -> None:
    install(site, "toy = toys_a:Toy\ns3 = toys_a:S3\nodd = toys_a:odd", "import nothing_so_named")
    with pytest.raises(PluginError, match="storage 'toy' needs nothing_so_named") as caught:
        open_storage("toy://x")
    assert caught.value.hint == "pip install 'toys'"
    assert isinstance(open_storage("s3://bucket"), RemoteStorage)
    defects = plugins.defects()
    assert {(defect.group, defect.distribution) for defect in defects} == {(STORAGES, "toys")}
    assert sorted(defect.name for defect in defects) == ["odd", "s3", "toy"]
    (site / "toys_a.py").write_text("odd = 1")
    with pytest.raises(PluginError, match=r"storage 'odd' of toys cannot be loaded: .* is not a"):
        open_storage("odd://x")


def test_opening_a_folder_looks_for_no_plugin() -> None:
    code = (
        "import medallion, medallion.storage as s; s.open_storage('lake'); "
        "from medallion.entry_points import registry; print(registry.cache_info().misses)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert output.stdout.strip() == "0"


def test_a_missing_package_is_named_with_its_extra() -> None:
    for package in ("not_installed", "not_installed.below"):
        with pytest.raises(NotInstalledError, match=f"gs://bucket needs {package}") as caught:
            require_packages("gs://bucket", "gcs", "json", package)
        assert caught.value.hint == "pip install 'medallion-lake[gcs]'"
    require_packages("gs://bucket", "gcs", "json", "json.decoder")
