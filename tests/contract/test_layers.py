"""The built-in layers keep the contract they share."""

from __future__ import annotations

import pytest

from medallion.contracts import Layer
from medallion.layers.delta.layer import DeltaLayer
from medallion.layers.parquet import ParquetLayer
from medallion.testing.layers import LayerContract


class TestParquet(LayerContract):
    @pytest.fixture
    def layer(self) -> Layer:
        return ParquetLayer(retain=2)


class TestDelta(LayerContract):
    @pytest.fixture
    def layer(self) -> Layer:
        return DeltaLayer(retain=2)
