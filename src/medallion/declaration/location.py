"""Where a path or URL of a declaration is, as the operating system sees it.

Relative paths, `..`, symbolic links and other spellings of one URL are resolved first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from medallion.storage.chained_url import innermost


@dataclass(frozen=True)
class Location:
    """A folder, or a prefix of a bucket. `parts` are its path; `path` is None when it is remote."""

    shown: str
    parts: tuple[str, ...]
    path: Path | None = None

    def below(self, other: Location) -> tuple[str, ...] | None:
        """The parts of the path from `other` down to this location; None when it is not inside."""
        if self.parts[: len(other.parts)] == other.parts:
            return self.parts[len(other.parts) :]
        if self.path is None or other.path is None or not other.path.exists():
            return None
        for depth, folder in enumerate((self.path, *self.path.parents)):
            # Paths may differ although the folder is the same: a bind mount, a name in another
            # case.
            if folder.exists() and folder.samefile(other.path):
                return self.parts[len(self.parts) - depth :]
        return None


def locate(url: str, base: Path) -> Location:
    """The location of a URL or of a local path; a relative path is relative to `base`."""
    url = innermost(url)
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        path = Path(os.path.realpath(base / (rest if separator else url)))
        return Location(str(path), path.parts, path)
    parts: list[str] = []
    for part in rest.split("/"):
        if part == "..":
            parts = parts[:1] + parts[1:-1]  # never above the bucket
        elif part not in ("", "."):
            parts.append(part if parts else part.lower())  # the name of a bucket has no case
    return Location(f"{scheme}://{'/'.join(parts)}", (f"{scheme.lower()}:", *parts))
