"""Child processes of the suites."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.testing.processes import fork, forked, started


@pytest.mark.parametrize(("work", "code"), [(lambda: None, 0), (lambda: 1 / 0, 1)])
def test_a_fork_exits_with_what_its_work_came_to(
    work: Callable[[], object], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    _, status = os.waitpid(forked(work), 0)
    assert os.waitstatus_to_exitcode(status) == code
    del capfd  # the traceback of the child


def test_a_fork_has_the_memory_of_its_parent(tmp_path: Path) -> None:
    here = ["only in this process"]
    process = fork()
    if process == 0:
        (tmp_path / "child").write_text(here[0])
        os._exit(0)
    os.waitpid(process, 0)
    assert (tmp_path / "child").read_text() == "only in this process"


def test_a_process_that_was_started_does_its_work(tmp_path: Path) -> None:
    process = started(os.mkdir, tmp_path / "made")
    process.join(60)
    assert process.exitcode == 0
    assert (tmp_path / "made").is_dir()
