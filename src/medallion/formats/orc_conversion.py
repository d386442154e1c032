"""Converting an ORC file to Parquet in a process of its own: a damaged file may end the process.

python -m medallion.formats.orc_conversion SOURCE TARGET [--schema]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medallion.errors import SourceError, StorageError
from medallion.storage.local import storage_errors

_UNREADABLE, _UNSUPPORTED, _UNWRITABLE = 3, 4, 5  # exit codes


@contextmanager
def converted(source: Path, name: str, target: Path, *, rows: bool = True) -> Iterator[Path]:
    """A temporary Parquet file next to `target` with the rows of an ORC file, or its schema alone.

    Raises SourceError for a file that cannot be read, and StorageError for a full disk.
    """
    copy = target.with_name(f"{target.name}.converted")
    with storage_errors(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", __name__, str(source), str(copy)]
    try:
        process = subprocess.run(  # noqa: S603 (no shell, and paths only)
            command if rows else [*command, "--schema"],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        _check(process.returncode, process.stdout.strip(), name, copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _check(code: int, reason: str, name: str, copy: Path) -> None:
    if code == _UNSUPPORTED:
        raise SourceError(
            f"{name}: has a column that cannot be read: {reason}", hint="write it as text"
        )
    if code == _UNWRITABLE:
        raise StorageError(f"{copy}: cannot be written: {reason}", hint="check the disk space")
    if code:
        raise SourceError(
            f"{name}: is cut short or corrupt: {reason or 'its reader crashed'}",
            hint="download the file again",
        )


def convert(source: Path, target: Path, *, rows: bool) -> int:
    """Convert a file; the exit code of the process, which prints the reason of a failure."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import orc

    try:
        file = orc.ORCFile(str(source))
        with pq.ParquetWriter(target, file.schema, version="2.6") as writer:
            for number in range(file.nstripes if rows else 0):
                stripe = file.read_stripe(number)
                try:
                    writer.write_batch(stripe)
                except OSError as error:
                    return _failed(_UNWRITABLE, error)
    except pa.ArrowNotImplementedError as error:
        return _failed(_UNSUPPORTED, error)
    except (pa.ArrowException, OSError) as error:
        return _failed(_UNREADABLE, error)
    return 0


def _failed(code: int, error: Exception) -> int:
    sys.stdout.write(str(error).partition("\n")[0])
    return code


if __name__ == "__main__":
    sys.exit(convert(Path(sys.argv[1]), Path(sys.argv[2]), rows="--schema" not in sys.argv[3:]))
