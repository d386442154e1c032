"""Keys of the API: each is new, and its entry has only its hash."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

from medallion_api.keys import new_key


def test_an_entry_has_the_name_and_the_hash_of_a_new_key() -> None:
    key, entry = new_key("ann")
    assert entry == f"ann:{sha256(key.encode()).hexdigest()}"
    assert len(key) >= 43
    assert new_key("ann")[0] != key


def test_the_module_prints_a_key_and_its_entry() -> None:
    output = subprocess.run(
        [sys.executable, "-m", "medallion_api.keys", "ann"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    key, entry = (line.split()[-1] for line in output.splitlines())
    assert entry == f"ann:{sha256(key.encode()).hexdigest()}"
