"""Processes of this machine, by which a lease recognises that its holder has died."""

from __future__ import annotations

import os
import subprocess
import sys

from medallion.lake.processes import machine, started


def test_the_machine_is_the_same_for_every_process_of_it() -> None:
    code = "from medallion.lake.processes import machine; print(machine(), end='')"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert machine()
    assert other.stdout == machine()


def test_a_process_is_known_by_when_it_began() -> None:
    mine = started(os.getpid())
    assert mine is not None
    assert started(os.getpid()) == mine
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        began = started(process.pid)
        assert began is not None
        assert began == started(process.pid)
        assert began != mine
        process.communicate()
    assert started(process.pid) is None


def test_a_process_that_never_was_is_none() -> None:
    assert started(2**22 + 1) is None
