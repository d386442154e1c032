"""The lease: one writer at a time, and a crashed one's lease expires.

The lease is one object made by create-only put and renewed by compare-and-swap. A writer killed on
this machine is noticed at once by its process; one elsewhere when its lease expires.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from medallion.errors import ConflictError, ExistsError, LeaseError, MissingError, StorageError
from medallion.lake import now
from medallion.storage import Storage

PATH = "lease.json"
LENGTH = timedelta(seconds=60)


class Lease:
    """A held lease. `check` tells whether it still is ours, before anything that others would see."""

    def __init__(self, storage: Storage, run: str) -> None:
        self._storage = storage
        self._run = run
        self._version = self._take()
        self._lost: str | None = None
        self._renewing = threading.Lock()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="medallion-lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises LeaseError when another run has taken over."""
        with self._renewing:
            try:
                if self._lost is None and self._storage.read(PATH)[1] == self._version:
                    return
            except MissingError:
                pass
            self._lost = self._lost or "another run has taken it over"
        raise LeaseError(f"run {self._run} lost its lease: {self._lost}", hint="nothing was published; run again")

    def release(self) -> None:
        self._released.set()
        self._thread.join()
        if self._lost is None:
            with suppress(StorageError):  # it expires by itself; the run's own outcome is what matters
                self._storage.delete(PATH)

    def _take(self) -> str:
        try:
            return self._storage.create(PATH, self._body())
        except ExistsError:
            pass
        try:
            data, version = self._storage.read(PATH)
            holder = json.loads(data)
            if not _over(holder):
                raise LeaseError(
                    f"run {holder['run']} is writing to this lake, as process {holder['process']} on {holder['host']} "
                    f"since {holder['since'][:19]} UTC",
                    hint=f"wait for it to end; were it dead, its lease would expire at {holder['expires'][:19]} UTC",
                )
            return self._storage.swap(PATH, self._body(), version)
        except (MissingError, ConflictError) as error:
            raise LeaseError(
                "another run took the lake's lease just now", hint="run again when it has ended"
            ) from error

    def _renew(self) -> None:
        while not self._released.wait(LENGTH.total_seconds() / 4):
            try:
                with self._renewing:
                    self._version = self._storage.swap(PATH, self._body(), self._version)
            except (ConflictError, MissingError) as error:
                if not self._adopt():
                    self._lost = error.message
                    return
            except StorageError:
                continue  # a passing fault; the lease lives for three more tries

    def _adopt(self) -> bool:
        """Whether what stands there is a renewal of ours whose answer was lost; then go on from it."""
        try:
            data, version = self._storage.read(PATH)
        except StorageError:
            return False
        if json.loads(data)["run"] != self._run:
            return False
        with self._renewing:
            self._version = version
        return True

    def _body(self) -> bytes:
        moment = now()
        body = {
            "run": self._run,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "machine": _machine(),
            "started": _started(os.getpid()),
            "since": moment.isoformat(),
            "expires": (moment + LENGTH).isoformat(),
        }
        return json.dumps(body).encode()


@contextmanager
def lease(storage: Storage, run: str) -> Iterator[Lease]:
    """Hold the lake's lease for the length of a block. Raises LeaseError saying who holds it."""
    held = Lease(storage, run)
    try:
        yield held
    finally:
        held.release()


def holder(storage: Storage) -> dict[str, str] | None:
    """Who holds the lease, or None when nobody does."""
    try:
        body: dict[str, str] = json.loads(storage.read(PATH)[0])
    except MissingError:
        return None
    return None if _over(body) else body


def _over(body: dict[str, str]) -> bool:
    if datetime.fromisoformat(body["expires"]) < now():
        return True
    here = body["machine"] == _machine()
    return here and _started(int(body["process"])) != body["started"]


def _machine() -> str:
    """This start of this machine and this space of process numbers, which containers have of their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _started(process: int) -> str | None:
    """When a process of this machine began, so that a process id used again is not taken for the old one;
    None when there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return "running"
    return "running"
