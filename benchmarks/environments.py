"""Environments of their own for peers: their packages stay out of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"


def peer_python(peer: str, folder: Path) -> str:
    """A Python with the packages of a peer, and without ours.

    The environment is created in `folder` on first use. Raises CalledProcessError when the
    packages cannot be installed.
    """
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    needs = PEERS / f"requirements-{peer}.txt"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", needs], check=True)
    return str(python)
