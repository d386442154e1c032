from __future__ import annotations

import pytest

from medallion.cli.extras import needs
from medallion.errors import PluginError


def test_a_missing_package_is_reported_with_the_extra_that_brings_it() -> None:
    with (
        pytest.raises(PluginError, match="needs absent_package, which is not installed") as caught,
        needs("api"),
    ):
        import absent_package  # type: ignore[import-not-found]  # noqa: F401

    assert caught.value.hint == "pip install 'medallion-lake[api]'"
