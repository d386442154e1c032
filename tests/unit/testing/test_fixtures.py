"""The fixtures that pytest finds in a project that has medallion installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.testing.test_pipelines import YAML

USERS = """\
from medallion.testing import assert_rows

def test_revenue(run_pipeline):
    result = run_pipeline(
        "shop/medallion.yaml",
        {"bronze.orders": [{"client_id": "a", "amount": "2.50", "day": ""}]},
    )
    assert_rows(result.table("gold.revenue"), [{"client_id": "a", "orders": 1, "revenue": 3}])
"""


@pytest.mark.parametrize("options", [(), ("-p", "medallion")], ids=["found by itself", "named"])
def test_the_fixture_is_there_in_a_users_own_project(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/medallion.yaml").write_text(YAML.replace(", day: date", ""))
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_shop.py").write_text(USERS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_shop.py"],
        cwd=tmp_path / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"revenue:\nE +- 3\nE +\+ Decimal\(.2\.50.\)\n", done.stdout), done.stdout
    assert "1 failed" in done.stdout
