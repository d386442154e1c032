"""The lease: one writer at a time, each with a larger fencing token than every writer before it.

The lease is one object, taken and renewed by compare-and-swap, and marked free at the end, so that the token in it
never goes back. A writer killed on this machine is noticed at once by its process. One elsewhere is taken for dead
when its lease was not renewed for `LENGTH` by the clock of the storage: no clock of another machine is trusted.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from medallion.errors import ConflictError, ExistsError, LeaseError, MissingError, StorageError
from medallion.identifiers import next_id, now
from medallion.lake.record_files import set_aside
from medallion.storage import Storage
from medallion.storage.sealed_records import seal, unseal

PATH = "lease.json"
PROBE = "lease.probe"  # written to ask the storage for the time
LENGTH = timedelta(seconds=60)

_FIELDS = {"token", "host", "process", "machine", "started", "since"}
_TAKEN = "another run took the lake's lease just now"


def _none() -> int:
    return 0


class Lease:
    """A lease that was taken. `check` tells whether it still is ours, before anything that others would see.

    `token` is larger than that of every earlier writer; `run` is the id of the run, later than every earlier one's;
    `overtaken` says that the writer before did not release the lease: it may be stopped and wake up; `taken` is when,
    by the clock of the storage.
    """

    def __init__(
        self, storage: Storage, run: str | None = None, floor: Callable[[], int] = _none
    ) -> None:
        self._storage = storage
        self.run = run or ""
        self.token = 0
        self.overtaken = False
        self._since = now().isoformat()
        self._lost = False
        self._version = self._take(floor)
        entry = storage.info(PATH)
        self.taken = entry.modified if entry else 0.0
        self._renewing = threading.Lock()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="medallion-lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises LeaseError when another run has taken over."""
        with self._renewing:
            try:
                if not self._lost and self._storage.read(PATH)[1] == self._version:
                    return
            except MissingError:
                pass
            self._lost = True
        raise LeaseError(
            f"run {self.run} lost its lease: another run has taken it over",
            hint="nothing was published; run again",
        )

    def release(self) -> None:
        self._released.set()
        self._thread.join()
        if not self._lost:
            with suppress(
                StorageError
            ):  # taken over, or it expires by itself; the run's own outcome is what matters
                self._storage.swap(PATH, _encoded(_free(self.token, self.run)), self._version)

    def _take(self, floor: Callable[[], int]) -> str:
        try:
            data, version = self._storage.read(PATH)
        except MissingError:
            self._begin(floor() + 1, None)
            self.overtaken = self.token > 1
            try:
                return self._storage.create(PATH, self._body())
            except ExistsError as error:
                raise LeaseError(_TAKEN, hint="run again when it has ended") from error
        body = _decoded(self._storage, data)
        if body["run"] is not None and not _over(self._storage, body):
            raise LeaseError(f"{describe(body)} is writing to this lake", hint=advice())
        self.overtaken = body["run"] is not None or "broken" in body
        self._begin(
            max(body["token"], floor() if self.overtaken else 0) + 1, body["run"] or body["last"]
        )
        try:
            return self._storage.swap(PATH, self._body(), version)
        except (MissingError, ConflictError) as error:
            raise LeaseError(_TAKEN, hint="run again when it has ended") from error

    def _begin(self, token: int, last: str | None) -> None:
        self.token = token
        self.run = self.run or next_id(last)

    def _renew(self) -> None:
        while not self._released.wait(LENGTH.total_seconds() / 4):
            try:
                with self._renewing:
                    self._version = self._storage.swap(PATH, self._body(), self._version)
            except (ConflictError, MissingError):
                if not self._adopt():
                    self._lost = True
                    return
            except StorageError:
                continue  # a passing fault; the lease lives for three more tries

    def _adopt(self) -> bool:
        """Whether the lease is a renewal of ours whose answer was lost; then continue from it."""
        try:
            data, version = self._storage.read(PATH)
            body = _decoded(self._storage, data)
        except (StorageError, LeaseError):
            return False
        if (body["run"], body["token"]) != (self.run, self.token):
            return False
        with self._renewing:
            self._version = version
        return True

    def _body(self) -> bytes:
        return _encoded(
            {
                "token": self.token,
                "run": self.run,
                "host": socket.gethostname(),
                "process": os.getpid(),
                "machine": _machine(),
                "started": _started(os.getpid()),
                "since": self._since,
                "renewed": now().isoformat(),
            }
        )


@contextmanager
def lease(
    storage: Storage, run: str | None = None, floor: Callable[[], int] = _none
) -> Iterator[Lease]:
    """Hold the lake's lease for the length of a block. Raises LeaseError saying who holds it.

    Parameters: `run` is the id of the run, by default a new one; `floor` gives the largest token that is known from
    elsewhere, should the lease be lost.
    """
    taken = Lease(storage, run, floor)
    try:
        yield taken
    finally:
        taken.release()


def holder(storage: Storage) -> dict[str, Any] | None:
    """Who holds the lease, or None when nobody does. Writes nothing, so it goes by this machine's clock."""
    try:
        body = _decoded(storage, storage.read(PATH)[0])
    except MissingError:
        return None
    if body["run"] is None or _died_here(body):
        return None
    entry = storage.info(PATH)
    age = now().timestamp() - entry.modified if entry else 0.0
    return None if age > LENGTH.total_seconds() else body


def unlock(storage: Storage) -> dict[str, Any] | None:
    """Free the lease, whoever holds it; its former holder, or None when nobody did.

    Safe: the next writer gets a larger token, and a former holder that still works finds its lease lost. A lease that
    cannot be read is moved to where `at` says.
    """
    try:
        data, version = storage.read(PATH)
    except MissingError:
        return None
    try:
        body = _decoded(storage, data)
    except LeaseError:
        aside = set_aside(
            storage, storage, PATH, next_id(None)
        )  # the next writer takes its token from the pointer
        return {
            "run": "unknown",
            "host": "unknown",
            "process": "unknown",
            "since": "unknown",
            "token": 0,
            "at": aside,
        }
    if body["run"] is None:
        return None
    storage.swap(PATH, _encoded({**_free(body["token"], body["run"]), "broken": True}), version)
    return body


def describe(body: dict[str, Any]) -> str:
    """Who holds a lease, for messages."""
    since = f"{str(body['since'])[:19]} UTC"
    return f"run {body['run']}, as process {body['process']} on {body['host']} since {since},"


def advice() -> str:
    """What to do about a lease that somebody holds."""
    length = int(LENGTH.total_seconds())
    return (
        f"wait for it to end; if it is dead, its lease expires within {length} seconds, "
        "or break it: medallion unlock"
    )


def _free(token: int, last: str) -> dict[str, Any]:
    return {"token": token, "run": None, "last": last}


def _encoded(body: dict[str, Any]) -> bytes:
    return seal(json.dumps(body).encode())


def _decoded(storage: Storage, data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(unseal(data))
        wanted = (
            {"token", "last"}
            if body["run"] is None
            else {"token", "host", "process", "machine", "started", "since"}
        )
        if wanted <= body.keys() and isinstance(body["token"], int):
            return {"last": None, **body}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise LeaseError(f"{storage.url}/{PATH}: the lease is damaged", hint="medallion unlock")


def _over(storage: Storage, body: dict[str, Any]) -> bool:
    """Whether a lease's holder has died here, or has not renewed it for `LENGTH` by the clock of the storage."""
    if _died_here(body):
        return True
    storage.put(PROBE, b"now")
    probe, entry = storage.info(PROBE), storage.info(PATH)
    storage.delete(PROBE)
    return (
        probe is not None
        and entry is not None
        and probe.modified - entry.modified > LENGTH.total_seconds()
    )


def _died_here(body: dict[str, Any]) -> bool:
    return bool(body["machine"] == _machine() and _started(int(body["process"])) != body["started"])


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
