"""The lease: one writer at a time, each with a larger fencing token than every writer before it.

The lease is one object, taken and renewed by compare-and-swap. When it is released it is marked
free instead of being deleted, so that its token never decreases. A writer that was killed on this
machine is recognised by its process. One on another machine is considered dead when it has not
renewed its lease for `LENGTH` by the clock of the storage: no clock of another machine is trusted.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from medallion.errors import ConflictError, ExistsError, LeaseError, MissingError, StorageError
from medallion.identifiers import next_id, now
from medallion.lake.processes import machine, started
from medallion.storage import Storage
from medallion.storage.sealed_records import seal, unseal

PATH = "lease.json"
PROBE = "lease.probe"  # written to ask the storage for the time
LENGTH = timedelta(seconds=60)

_FIELDS = {"token", "host", "process", "machine", "started", "since"}
_FREE_FIELDS = {"token", "last"}
_TAKEN = "another run took the lake's lease just now"


def _none() -> int:
    return 0


class Lease:
    """A lease that was taken.

    `token` is larger than that of every earlier writer; `run` is the id of this run, later than
    every earlier one; `overtaken` says that the previous writer did not release the lease, and may
    wake up; `taken` is the time it was taken, in seconds since 1970 by the clock of the storage.
    Call `check` before anything that others would see.
    """

    def __init__(
        self,
        storage: Storage,
        run: str | None = None,
        floor: Callable[[], int] = _none,
        free: str | None = None,
    ) -> None:
        self._storage = storage
        self.run = run or ""
        self.token = 0
        self.overtaken = False
        self._since = now().isoformat()
        self._lost = False
        self._version = self._take(floor, free)
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
            # The lease was taken over, or it expires: the outcome of the run stays what it is.
            with suppress(StorageError):
                self._storage.swap(PATH, _encoded(_free(self.token, self.run)), self._version)

    def _take(self, floor: Callable[[], int], free: str | None) -> str:
        try:
            data, version = self._storage.read(PATH)
        except MissingError:
            if free:
                raise
            self._begin(floor() + 1, None)
            self.overtaken = self.token > 1
            try:
                return self._storage.create(PATH, self._body())
            except ExistsError as error:
                raise LeaseError(_TAKEN, hint="run again when it has finished") from error
        if free not in (None, version):
            raise LeaseError(_TAKEN, hint="run again when it has finished")
        body = _decoded(self._storage, data)
        if body["run"] is not None and not _has_expired(self._storage, body):
            raise LeaseError(f"{describe(body)} is writing to this lake", hint=advice())
        self.overtaken = body["run"] is not None or "broken" in body
        self._begin(
            max(body["token"], floor() if self.overtaken else 0) + 1, body["run"] or body["last"]
        )
        try:
            return self._storage.swap(PATH, self._body(), version)
        except (MissingError, ConflictError) as error:
            raise LeaseError(_TAKEN, hint="run again when it has finished") from error

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
                continue  # a transient error: the lease is valid for three more tries

    def _adopt(self) -> bool:
        """Whether the lease is our own renewal, whose answer was lost; continues from it then."""
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
                "machine": machine(),
                "started": started(os.getpid()),
                "since": self._since,
                "renewed": now().isoformat(),
            }
        )


@contextmanager
def lease(
    storage: Storage,
    run: str | None = None,
    floor: Callable[[], int] = _none,
    free: str | None = None,
) -> Iterator[Lease]:
    """Hold the lake's lease for the length of a block. Raises LeaseError naming its holder.

    Parameters: `run` is the id of the run, by default a new one; `floor` returns the largest token
    known from elsewhere, in case the lease is lost; `free` is a version from `free_version`, and
    the lease is taken only if no other writer has taken it since.
    """
    own = Lease(storage, run, floor, free)
    try:
        yield own
    finally:
        own.release()


def holder(storage: Storage) -> dict[str, Any] | None:
    """The holder of the lease, or None. Writes nothing, so it uses this machine's clock."""
    try:
        body = _decoded(storage, storage.read(PATH)[0])
    except MissingError:
        return None
    if body["run"] is None or _died_here(body):
        return None
    entry = storage.info(PATH)
    age = now().timestamp() - entry.modified if entry else 0.0
    return None if age > LENGTH.total_seconds() else body


def free_version(storage: Storage) -> str | None:
    """The version of a lease that its last holder released; None while it is taken or was lost."""
    try:
        data, version = storage.read(PATH)
        body = _decoded(storage, data)
    except (MissingError, LeaseError):
        return None
    return version if body["run"] is None and "broken" not in body else None


def unlock(storage: Storage) -> dict[str, Any] | None:
    """Break the lease, and return its former holder, or None when there was none.

    Safe: the next writer gets a larger token, and a former holder that still works finds its lease
    lost. A lease that cannot be read is moved away; `at` is then its new path.
    """
    try:
        data, version = storage.read(PATH)
    except MissingError:
        return None
    try:
        body = _decoded(storage, data)
    except LeaseError:
        from medallion.lake.record_files import set_aside

        # The next writer derives its token from the pointer.
        aside = set_aside(storage, storage, PATH, next_id(None))
        unknown = dict.fromkeys(("run", "host", "process", "since"), "unknown")
        return {**unknown, "token": 0, "at": aside}
    if body["run"] is None:
        return None
    storage.swap(PATH, _encoded({**_free(body["token"], body["run"]), "broken": True}), version)
    return body


def describe(body: dict[str, Any]) -> str:
    """The holder of a lease, for messages."""
    since = f"{str(body['since'])[:19]} UTC"
    return f"run {body['run']}, as process {body['process']} on {body['host']} since {since},"


def advice() -> str:
    """What to do while another run has the lease."""
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
        names = _FREE_FIELDS if body["run"] is None else _FIELDS
        if names <= body.keys() and isinstance(body["token"], int):
            return {"last": None, **body}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise LeaseError(f"{storage.url}/{PATH}: the lease is damaged", hint="medallion unlock")


def _has_expired(storage: Storage, body: dict[str, Any]) -> bool:
    """Whether the holder has died on this machine, or has not renewed its lease for `LENGTH`.

    The age is measured by the clock of the storage: by an object that is written now.
    """
    if _died_here(body):
        return True
    storage.put(PROBE, b"now")
    probe, entry = storage.info(PROBE), storage.info(PATH)
    storage.delete(PROBE)
    if probe is None or entry is None:
        return False
    return probe.modified - entry.modified > LENGTH.total_seconds()


def _died_here(body: dict[str, Any]) -> bool:
    return bool(body["machine"] == machine() and started(int(body["process"])) != body["started"])
