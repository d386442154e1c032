"""Processes of this machine: how a lease recognises that its holder has died."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def machine() -> str:
    """This boot of this machine, and the process namespace: containers number processes alone."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def started(process: int) -> str | None:
    """When a process of this machine began, so that a reused process id is not mistaken for it.

    None when there is no such process.
    """
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
