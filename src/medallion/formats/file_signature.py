"""Recognises the kind of a file by its first bytes."""

from __future__ import annotations

SIGNATURES = {
    b"\x1f\x8b": "gzip data",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\x28\xb5\x2f\xfd": "Zstandard data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ\x00": "xz data",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook",
    b"SQLite format 3\x00": "a SQLite database",
    b"Obj\x01": "an Avro file",
    b"ARROW1\x00\x00": "an Arrow file",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
}
ADVICE = {
    b"\x1f\x8b": "let its name end in .gz",
    b"PK\x03\x04": "declare `format: excel`, or unpack the archive",
    b"PAR1": "declare `format: parquet`, or let its name end in .parquet",
    b"Obj\x01": "declare `format: avro`",
    b"SQLite format 3\x00": "declare `format: sqlite`",
    b"\x28\xb5\x2f\xfd": "let its name end in .zst",
    b"BZh": "let its name end in .bz2",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "declare `format: excel`",
}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
UTF32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1a\x1b")  # not in texts
_MAX_CONTROL_SHARE = 0.05  # control bytes above this share mean that a file is binary
_MIN_CONTROLS = 8  # control bytes that are accepted in a text of any size


def looks_like(head: bytes) -> tuple[str, str] | None:
    """The kind of a binary or markup file by its first bytes, and a hint; None if it is neither."""
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind, ADVICE.get(signature, "declare the right file")
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "an HTML page", "it may be an error page saved by a download: fetch it again"
    if head.lstrip().startswith(b"<?xml"):
        return "XML", "declare `format: xml`; or it may be an error saved by a download"
    return None


def looks_utf16(head: bytes) -> bool:
    """Whether bytes look like UTF-16: a byte order mark, or mostly zeros in every other byte."""
    return head.startswith(UTF16) or any(
        len(half) > 3 and half.count(0) > 0.7 * len(half) and 0 not in other
        for half, other in ((head[::2], head[1::2]), (head[1::2], head[::2]))
    )


def looks_binary(head: bytes) -> bool:
    """Whether bytes have too many control characters to be text."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > max(_MIN_CONTROLS, _MAX_CONTROL_SHARE * len(head))
