"""Generates an API key: `python -m medallion_api.keys NAME`."""

from __future__ import annotations

import secrets
import sys
from hashlib import sha256


def new_key(name: str) -> tuple[str, str]:
    """A new key, and its entry for `MEDALLION_API_KEYS`."""
    key = secrets.token_urlsafe(32)
    return key, f"{name}:{sha256(key.encode()).hexdigest()}"


if __name__ == "__main__":
    key, entry = new_key(sys.argv[1] if len(sys.argv) > 1 else "default")
    sys.stdout.write(
        f"key (shown once, give it to its holder):  {key}\n"
        f"add to MEDALLION_API_KEYS:               {entry}\n"
    )
