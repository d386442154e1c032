"""Source files as plain UTF-8 text, and targets that appear whole or not at all."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from medallion.errors import SourceError, did_you_mean
from medallion.formats import file_signature as magic
from medallion.storage.local import told

COMPRESSED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd", ".bz2": b"BZh"}
UTF8_MARK = codecs.BOM_UTF8
_CHUNK = 1 << 20
_HEAD = 4096


def endings(*plain: str) -> tuple[str, ...]:
    """Suffixes with each of the compressions that are undone on reading."""
    return tuple(suffix + packed for suffix in plain for packed in ("", *COMPRESSED))


def check_encoding(encoding: str) -> str:
    """A name of a text codec. Raises ValueError on another."""
    try:
        "".encode(encoding)
    except LookupError:
        known = did_you_mean(
            encoding,
            ("utf-8", "utf-16", "cp1252", "latin-1", "iso-8859-15", "mac-roman", "shift_jis"),
        )
        raise ValueError(f"{encoding!r} is no text encoding{known}") from None
    return encoding


def check_readable(source: Path, name: str) -> bytes:
    """The first bytes of a file. Raises SourceError when it is missing, no file, empty or not ours to read."""
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise SourceError(f"{name}: no such file", hint="check the path in `source`") from None
    except IsADirectoryError:
        raise SourceError(
            f"{name}: is a folder", hint=f"name its files: {name.rstrip('/')}/*"
        ) from None
    except PermissionError:
        raise SourceError(
            f"{name}: permission denied", hint="give yourself the right to read it"
        ) from None
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror}") from error
    if not head:
        raise _empty(name)
    return head


@contextmanager
def plain_text(source: Path, name: str, encoding: str, target: Path) -> Iterator[Path]:
    """The file, or a temporary one beside `target`, as uncompressed UTF-8 (a byte order mark may lead it).

    Undecodable bytes of a file that is UTF-8 already are left to whoever reads it. Raises
    SourceError on an empty, binary, corrupt or wrongly encoded file, StorageError when the copy cannot be written.
    """
    head = check_readable(source, name)
    packing = _packing(source, name, head)
    utf8 = codecs.lookup(encoding).name == "utf-8"
    if not packing and utf8:
        _check_text(source, name)
        yield source
        return
    if not packing:
        _check_kind(name, head)
    made = target.with_name(f"{target.name}.text")
    try:
        with told(made):
            made.parent.mkdir(parents=True, exist_ok=True)
        with _unpacked(source, packing) as file, told(made), made.open("wb") as out:
            chunks = _chunks(file, name)
            for chunk in (
                chunks if utf8 else _recoded(_checked(chunks, name, encoding), name, encoding)
            ):
                out.write(chunk)
        _check_text(made, name)
        yield made
    finally:
        made.unlink(missing_ok=True)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when all went well and vanishes otherwise."""
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        yield part
        with told(target):
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def undecodable(
    name: str, error: UnicodeDecodeError, line: int, encoding: str = "utf-8"
) -> SourceError:
    """What to say of bytes that the declared encoding cannot read."""
    byte = error.object[error.start]
    hint = "declare the encoding it is in, often `encoding: cp1252`"
    if codecs.lookup(encoding).name != "utf-8":
        hint = "declare the encoding it is in, such as `encoding: utf-8`"
    return SourceError(f"{name}: line {line}: byte 0x{byte:02x} is not {encoding}", hint=hint)


def _packing(source: Path, name: str, head: bytes) -> str:
    for packing, signature in COMPRESSED.items():
        if packing in (Path(name).suffix.lower(), source.suffix.lower()):
            if not head.startswith(signature):
                raise SourceError(
                    f"{name}: is no {packing} data", hint=f"let its name not end in {packing}"
                )
            return packing
    return ""


def _unpacked(source: Path, packing: str) -> BinaryIO:
    if packing == ".zst":
        import pyarrow as pa

        return cast("BinaryIO", pa.input_stream(str(source), compression="zstd"))
    if packing == ".gz":
        return cast("BinaryIO", gzip.open(source, "rb"))
    return cast("BinaryIO", bz2.open(source, "rb")) if packing else source.open("rb")


def _chunks(file: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{name}: the compressed data is cut short or corrupt: {error}",
            hint="fetch the file again",
        ) from error


def _checked(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    """The chunks as they are, once their marks and all their bytes bear the declared encoding out."""
    unicode = codecs.lookup(encoding).name.startswith("utf")
    utf8 = (
        None
        if unicode or len(b"\xc3\xa9".decode(encoding, "replace")) != 2
        else codecs.getincrementaldecoder("utf-8")()
    )
    plain, first = True, True
    for chunk in chunks:
        if first:
            _check_marks(name, chunk, encoding)
        if utf8:
            try:
                utf8.decode(chunk)
            except UnicodeDecodeError:
                utf8 = None
        plain, first = plain and chunk.isascii(), False
        yield chunk
    if utf8 and not plain and not utf8.getstate()[0]:
        fault = f"{name}: is declared as {encoding}, but every byte of it is valid UTF-8"
        raise SourceError(fault, hint="declare `encoding: utf-8`, or leave it out")


def _check_marks(name: str, head: bytes, encoding: str) -> None:
    """Raise SourceError when the file's byte order mark belongs to another encoding."""
    marks = {"utf-32": magic.UTF32, "utf-16": magic.UTF16, "utf-8": (UTF8_MARK,)}
    marked = next((other for other, signs in marks.items() if head.startswith(signs)), None)
    if marked and not codecs.lookup(encoding).name.startswith(marked):
        fault = f"{name}: begins with the byte order mark of {marked}, but is read as {encoding}"
        raise SourceError(fault, hint=f"declare `encoding: {marked}`")


def _recoded(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk, final in chain(((chunk, False) for chunk in chunks), [(b"", True)]):
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "ignore")
            raise undecodable(name, error, line + before.count("\n"), encoding) from None
        except UnicodeError as error:  # UTF-16 without its mark
            raise SourceError(
                f"{name}: is not {encoding}: {error}", hint="declare the encoding it is in"
            ) from None
        line += text.count("\n")
        yield text.encode("utf-8", "surrogatepass")


def _check_kind(name: str, head: bytes) -> None:
    kind = magic.looks_like(head.removeprefix(UTF8_MARK))
    if kind:
        raise SourceError(f"{name}: is {kind[0]}, not text", hint=kind[1])


def _check_text(text: Path, name: str) -> None:
    with text.open("rb") as file:
        head = file.read(_HEAD)
        blank = not head.removeprefix(UTF8_MARK).strip()
        while blank and (chunk := file.read(_CHUNK)):
            blank = not chunk.strip()
    if blank:
        raise _empty(name)
    _check_kind(name, head)
    if head.startswith(magic.UTF32):
        raise SourceError(f"{name}: looks like UTF-32", hint="declare `encoding: utf-32`")
    if magic.looks_utf16(head):
        raise SourceError(f"{name}: looks like UTF-16", hint="declare `encoding: utf-16`")
    if magic.looks_binary(head):
        raise SourceError(
            f"{name}: holds binary data, not text", hint="declare the right file or its `format`"
        )


def _empty(name: str) -> SourceError:
    return SourceError(f"{name}: is empty", hint="fetch it again, or take it out of `source`")
