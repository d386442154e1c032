"""A scratch folder for each writer: in the lake where that is a folder, so that a file is moved without a copy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from medallion.storage import Storage, local_root
from medallion.storage.download_cache import copies
from medallion.storage.local import told

FOLDER = ".medallion-scratch"  # each writer has a folder of its own in it; whatever else is there is left alone
_NAME = re.compile(r"\d+-[0-9a-f]{32}")


@contextmanager
def scratch_folder(storage: Storage, token: int) -> Iterator[Path]:
    """An empty folder that is gone afterwards, as are those that killed writers left.

    A stopped writer that wakes up has a folder of its own, which is gone.
    """
    root = local_root(storage)
    scratch = copies().scratch() if root is None else _in_lake(root / FOLDER, token)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if root is not None:
            with suppress(OSError):  # another program's file is in it
                scratch.parent.rmdir()


def _in_lake(folder: Path, token: int) -> Path:
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if _NAME.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
        scratch = folder / f"{token}-{uuid4().hex}"
        scratch.mkdir()
    return scratch
