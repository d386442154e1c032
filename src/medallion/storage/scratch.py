"""Scratch folders of writers: in a local lake, so that files are moved and not copied."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from uuid import uuid4

from medallion.storage import Storage
from medallion.storage.download_cache import copies
from medallion.storage.local import storage_errors

FOLDER = ".medallion-scratch"  # contains one folder for each writer; other content is left alone
_NAME = re.compile(r"\d+-[0-9a-f]{32}")


@contextmanager
def scratch_folder(storage: Storage, token: int) -> Iterator[Path]:
    """An empty folder for the length of a block; those of killed writers are removed.

    A stopped writer that wakes up finds its folder removed, and does not disturb the new writer's.
    """
    root = storage.root
    scratch = copies().scratch() if root is None else _in_lake(root / FOLDER, token)
    try:
        with copies().trimmed() if root is None else nullcontext():
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if root is not None:
            with suppress(OSError):  # another program's file is in it
                scratch.parent.rmdir()


def _in_lake(folder: Path, token: int) -> Path:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if _NAME.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
        scratch = folder / f"{token}-{uuid4().hex}"
        scratch.mkdir()
    return scratch
