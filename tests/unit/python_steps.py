"""Functions that the tests' declarations name."""

from __future__ import annotations

import pandas as pd


def every_second(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.iloc[::2]
