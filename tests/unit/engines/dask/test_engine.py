"""The settings of the engine `dask`; its sessions are tested in tests/integration/test_dask.py."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion.engines.dask.engine import Dask


def test_by_default_it_starts_a_cluster_of_its_own() -> None:
    engine = Dask()
    assert (engine.scheduler, engine.workers, engine.threads) == (None, None, 1)
    assert engine.memory_limit == "2GB"


@pytest.mark.parametrize(
    "fields",
    [
        {"scheduler": "tcp://scheduler:8786"},
        {"scheduler": "tls://[::1]:8786"},
        {"workers": 1, "threads": 4},
        {"memory_limit": "1.5 GiB"},
    ],
)
def test_valid_settings(fields: dict[str, Any]) -> None:
    assert Dask(**fields).model_dump(include=set(fields)) == fields


@pytest.mark.parametrize(
    "fields",
    [
        {"scheduler": "scheduler:8786"},
        {"scheduler": "http://scheduler"},
        {"scheduler": "tcp://a b"},
        {"workers": 0},
        {"threads": 0},
        {"memory_limit": "2"},
        {"memory_limit": "lots"},
    ],
)
def test_invalid_settings_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Dask(**fields)
