"""pytest fixtures of medallion: pytest loads them by itself; a test only names them.

def test_revenue(run_pipeline):
    purchases = [{"client_id": "1", "amount": "2.50"}]
    result = run_pipeline("medallion.yaml", {"bronze.purchases": purchases})
    assert_rows(result.table("gold.revenue"), [{"client_id": "1", "revenue": 2.5}])
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from medallion.declaration.models import Declaration
    from medallion.testing.pipelines import Result
    from medallion.testing.rows import Rows


class RunPipeline(Protocol):
    """The signature of the fixture `run_pipeline`."""

    def __call__(
        self,
        declaration: Path | str | Declaration,
        sources: Mapping[str, Rows],
        *,
        serve: bool = False,
    ) -> Result: ...


@pytest.fixture
def run_pipeline(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> RunPipeline:
    """Run a declaration on rows from the test instead of its source files, in a temporary folder.

    A relative path is resolved against pytest's root folder. Modules in the declaration's folder
    can be imported, as on the command line. See `medallion.testing.run_pipeline`.
    """

    def run(
        declaration: Path | str | Declaration, sources: Mapping[str, Rows], *, serve: bool = False
    ) -> Result:
        from medallion.testing.pipelines import run_pipeline

        if isinstance(declaration, Path | str):
            declaration = pytestconfig.rootpath / declaration
            monkeypatch.syspath_prepend(declaration.parent)
        return run_pipeline(declaration, sources, tmp_path_factory.mktemp("pipeline"), serve=serve)

    return run
