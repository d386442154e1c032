"""The versions that driver and workers share, and what a worker is said to lack of them."""

from __future__ import annotations

import platform

import duckdb

from medallion.engines.dask.versions import differences, versions


def test_versions_are_those_of_all_that_workers_must_share() -> None:
    own = versions()
    assert (own["python"], own["duckdb"]) == (platform.python_version(), duckdb.__version__)
    assert {"python", "medallion-lake", "duckdb", "pyarrow", "distributed"} <= set(own)


def test_plugins_of_medallion_itself_have_its_version() -> None:
    assert not [name for name in versions() if name.startswith(("format 'csv'", "layer 'raw'"))]


def test_a_worker_may_have_more_and_must_not_have_less() -> None:
    driver = {"duckdb": "1.5", "transform 'shave'": "3 (shaving 1.2)"}
    assert differences({**driver, "transform 'other'": "1 (other 1.0)"}, driver) == ""
    assert differences({"duckdb": "1.4"}, driver) == (
        "duckdb 1.4 where the driver has 1.5, "
        "transform 'shave' missing where the driver has 3 (shaving 1.2)"
    )
    assert differences(driver, {}) == ""
