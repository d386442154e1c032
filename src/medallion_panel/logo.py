"""The logo of a dashboard: an image file that is embedded in the page."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree

from medallion.errors import CallError

_PNG = b"\x89PNG\r\n\x1a\n"
_SVG_TAGS = ("svg", "{http://www.w3.org/2000/svg}svg")
_MAX_BYTES = 256 * 1024  # every page that is loaded has them


def read_logo(base: Path, name: str) -> str:
    """The image of a path below `base` as a `data:` URL. Raises CallError unless it is SVG or PNG.

    A browser loads nothing for an image in a `data:` URL and runs no script of it.
    """
    try:
        content = (base / name).read_bytes()
    except FileNotFoundError:
        raise CallError(f"no file {name!r}; the path is relative to the declaration") from None
    except OSError as error:
        raise CallError(f"{name!r} cannot be read: {error.strerror or error}") from None
    media_type = _media_type(content)
    if media_type is None:
        raise CallError(f"{name!r} is not an image; use an SVG or PNG file")
    if len(content) > _MAX_BYTES:
        message = f"{name!r} has {len(content):,} bytes; the most is {_MAX_BYTES:,}"
        raise CallError(message)
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def _media_type(content: bytes) -> str | None:
    """The type of an image by its content; None when it is of another type."""
    if content.startswith(_PNG):
        return "image/png"
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 (the project's own file)
    except ElementTree.ParseError:
        return None
    return "image/svg+xml" if root.tag in _SVG_TAGS else None
