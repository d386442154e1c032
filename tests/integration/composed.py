"""The services of compose.yml that run our own image, as processes on this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.services import Unavailable

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
OWN = tuple(name for name, service in SERVICES.items() if "build" in service)
USER = re.findall(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())[0]
GRACE = 90  # seconds; docker gives ten, on a machine that does not run other tests at the same time

# The user may do nothing, or else read what lies in a folder of root's, as a checkout or its Python may.
_READS = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
_RIGHTS = (("--bounding-set", "-all"), ("--bounding-set", "-all,+dac_read_search", *_READS))


@dataclass(frozen=True)
class Place:
    """What stands on this machine for the names that containers know."""

    app: Path
    tmp: Path
    names: Mapping[str, str]
    variables: Mapping[str, str]
    user: Sequence[str]

    def told(self, text: str) -> str:
        """A value of compose.yml as Compose reads it, with this machine's names."""
        text = re.sub(
            "|".join(map(re.escape, self.names)), lambda found: self.names[found[0]], text
        )
        return re.sub(
            r"\$\$|\$\{(\w+):-([^}]*)\}",
            lambda found: self.variables.get(found[1], found[2]) if found[1] else "$",
            text,
        )


class Container:
    """One service: the process of its command, begun with its environment alone."""

    def __init__(self, name: str, place: Place) -> None:
        self._service, self._place = SERVICES[name], place
        self.log = place.tmp.parent / f"{name}.log"
        self._environment = {
            **{key: place.told(value) for key, value in self._service["environment"].items()},
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(place.tmp),
            "TMPDIR": str(place.tmp),
            **dict(re.findall(r"(PYTHON\w+)=(\w+)", (ROOT / "Dockerfile").read_text())),
        }
        self.process = self._start(self._service["command"])

    def wait_until_healthy(self) -> None:
        """Look as often as the health check says, at its command's outcome."""
        check = self._service["healthcheck"]
        assert check["test"][0] == "CMD"
        every = float(check["interval"].removesuffix("s"))
        end = time.monotonic() + GRACE + every * (check["retries"] + 1)
        while self._start(check["test"][1:]).wait():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.5)

    def stop(self) -> int:
        """Its exit code after the signal that `docker compose stop` gives, as a shell counts it."""
        self.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + GRACE
        code = self.process.wait(GRACE)
        while (
            self.left() and time.monotonic() < end
        ):  # Python's own helpers end when they see that it is gone
            time.sleep(0.1)
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """End what is left of it, as the end of a container does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def left(self) -> list[str]:
        """The processes of its session that still run."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                state, _, _, session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self._place.user, *map(self._place.told, command)],
                cwd=self._place.app / "shop",
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def image_user() -> list[str]:
    """What begins a command as the image's user; nothing when the tests are not run by root, who could become it."""
    if os.geteuid():
        return []
    for rights in _RIGHTS:
        user = [
            "setpriv",
            "--reuid",
            USER,
            "--regid",
            USER,
            "--clear-groups",
            "--no-new-privs",
            *rights,
        ]
        # By way of a shell, as setpriv itself still has more rights.
        reads = [*user, "sh", "-c", '"$0" -c "import medallion"', sys.executable]
        if subprocess.run(reads, check=False, capture_output=True).returncode == 0:
            return user
    raise Unavailable(
        f"user {USER} of the image cannot read {sys.executable}: put it where everyone may read"
    )
