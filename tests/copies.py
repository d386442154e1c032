"""Projects that were run once in this process, for tests that need a copy with a published release."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import medallion as md


def published_copy(write: Callable[[Path], Path], folder: Path) -> None:
    """Copy the project that `write` writes, with its first release, into a folder."""
    shutil.copytree(_published(write), folder, dirs_exist_ok=True)


@cache
def _published(write: Callable[[Path], Path]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="published-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    md.Pipeline.load(write(folder)).run()
    return folder
