"""URLs of files in an archive, `zip://MEMBERS::ARCHIVE`, where the archive has a URL or a path."""

from __future__ import annotations

ARCHIVES = ("zip", "tar")  # the schemes


def unchained(url: str) -> tuple[str, str]:
    """The URL of the members and the archive; of any other URL or path, the whole and "".

    Colons elsewhere chain nothing: an IPv6 address and a file's name may have them.
    """
    members, chained, archive = url.partition("::")
    scheme, separator, _ = members.partition("://")
    if chained and separator and scheme in ARCHIVES:
        return members, archive
    return url, ""


def innermost(url: str) -> str:
    """The archive whose files a URL names; of any other URL or path, the whole."""
    _, archive = unchained(url)
    return innermost(archive) if archive else url
