"""Source files as uncompressed UTF-8 text, and target files that are written atomically."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from medallion.errors import SourceError, did_you_mean
from medallion.formats import file_signature as magic
from medallion.storage.local import storage_errors

COMPRESSED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd", ".bz2": b"BZh"}
UTF8_MARK = codecs.BOM_UTF8
SMALL_TEXT = 8 << 20  # bytes of a file that may be read into memory
_CHUNK = 1 << 20
_HEAD = 4096


def endings(*plain: str) -> tuple[str, ...]:
    """The suffixes, and each of them followed by the suffix of a supported compression."""
    return tuple(suffix + packed for suffix in plain for packed in ("", *COMPRESSED))


def check_encoding(encoding: str) -> str:
    """Return the name of a text encoding. Raises ValueError if Python has none of that name."""
    try:
        "".encode(encoding)
    except LookupError:
        common = ("utf-8", "utf-16", "cp1252", "latin-1", "iso-8859-15", "mac-roman", "shift_jis")
        suggestion = did_you_mean(encoding, common)
        raise ValueError(f"{encoding!r} is not a text encoding{suggestion}") from None
    return encoding


def check_readable(source: Path, name: str) -> bytes:
    """The first bytes of a file. Raises SourceError if it is missing, unreadable or empty."""
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise SourceError(f"{name}: no such file", hint="check the path in `source`") from None
    except IsADirectoryError:
        hint = f"declare the files in it: {name.rstrip('/')}/*"
        raise SourceError(f"{name}: is a folder", hint=hint) from None
    except PermissionError:
        hint = "allow this user to read it"
        raise SourceError(f"{name}: permission denied", hint=hint) from None
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror}") from error
    if not head:
        raise _empty(name)
    return head


@contextmanager
def plain_text(source: Path, name: str, encoding: str, target: Path) -> Iterator[Path]:
    """The file, or a temporary copy in the folder of `target`, as uncompressed UTF-8.

    It may begin with a byte order mark. Invalid bytes of an uncompressed UTF-8 file are not checked
    here; the caller meets them when it reads. Raises SourceError for an empty, binary, corrupt or
    wrongly encoded file, and StorageError if the copy cannot be written.
    """
    head = check_readable(source, name)
    compression = _compression(source, name, head)
    utf8 = codecs.lookup(encoding).name == "utf-8"
    if not compression and utf8:
        _check_text(source, name)
        yield source
        return
    if not compression:
        _check_kind(name, head)
    copy = target.with_name(f"{target.name}.text")
    try:
        with storage_errors(copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
        with (
            _uncompressed(source, compression) as file,
            storage_errors(copy),
            copy.open("wb") as out,
        ):
            chunks = _chunks(file, name)
            if not utf8:
                chunks = _transcoded(_checked(chunks, name, encoding), name, encoding)
            for chunk in chunks:
                out.write(chunk)
        _check_text(copy, name)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def bytes_of(source: Path, name: str) -> Generator[bytes, None, None]:
    """The bytes of a file in parts, uncompressed. Raises SourceError as `plain_text` does."""
    compression = _compression(source, name, check_readable(source, name))
    with _uncompressed(source, compression) as file:
        yield from _chunks(file, name)


@contextmanager
def small_text(
    source: Path, name: str, encoding: str, target: Path
) -> Iterator[tuple[Path, bytes | None]]:
    """`plain_text` with the bytes of the text; None for a text above `SMALL_TEXT`."""
    with source.open("rb") as file:
        data = file.read(SMALL_TEXT + 1)
    if _compression(source, name, data) or codecs.lookup(encoding).name != "utf-8":
        with plain_text(source, name, encoding, target) as text:
            with text.open("rb") as file:
                data = file.read(SMALL_TEXT + 1)
            yield text, data if len(data) <= SMALL_TEXT else None
        return
    if not data.removeprefix(UTF8_MARK).strip():
        raise _empty(name)
    _check_head(name, data[:_HEAD])
    yield source, data if len(data) <= SMALL_TEXT else None


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A path to write to: renamed to `target` at the end, removed after an error."""
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        yield part
        with storage_errors(target):
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def undecodable(
    name: str, error: UnicodeDecodeError, line: int, encoding: str = "utf-8"
) -> SourceError:
    """The error for a byte that the declared encoding cannot decode, on this line of the file."""
    byte = error.object[error.start]
    hint, likely = "declare the file's encoding, often `encoding: cp1252`", "cp1252"
    if codecs.lookup(encoding).name != "utf-8":
        hint, likely = "declare the file's encoding, such as `encoding: utf-8`", "utf-8"
    return SourceError(
        f"{name}: line {line}: byte 0x{byte:02x} is not {encoding}",
        hint=hint,
        settings={"encoding": likely},
    )


def _compression(source: Path, name: str, head: bytes) -> str:
    """The suffix of the file's compression, or nothing. Raises SourceError if its bytes differ."""
    suffixes = (Path(name).suffix.lower(), source.suffix.lower())
    for suffix, signature in COMPRESSED.items():
        if suffix in suffixes:
            if not head.startswith(signature):
                hint = f"rename it without {suffix}"
                raise SourceError(f"{name}: is not {suffix} data", hint=hint)
            return suffix
    return ""


def _uncompressed(source: Path, compression: str) -> BinaryIO:
    if compression == ".zst":
        import pyarrow as pa

        return cast("BinaryIO", pa.input_stream(str(source), compression="zstd"))
    if compression == ".gz":
        return cast("BinaryIO", gzip.open(source, "rb"))
    return cast("BinaryIO", bz2.open(source, "rb")) if compression else source.open("rb")


def _chunks(file: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{name}: the compressed data is cut short or corrupt: {error}",
            hint="download the file again",
        ) from error


def _checked(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    """The chunks unchanged. Raises SourceError if the file is in UTF-8 or another Unicode encoding.

    UTF-8 is recognised in a file with non-ASCII bytes that is declared as a single-byte encoding.
    """
    unicode = codecs.lookup(encoding).name.startswith("utf")
    single_byte = not unicode and len(b"\xc3\xa9".decode(encoding, "replace")) == 2
    utf8 = codecs.getincrementaldecoder("utf-8")() if single_byte else None
    ascii_only, first = True, True
    for chunk in chunks:
        if first:
            _check_marks(name, chunk, encoding)
        if utf8:
            try:
                utf8.decode(chunk)
            except UnicodeDecodeError:
                utf8 = None
        ascii_only, first = ascii_only and chunk.isascii(), False
        yield chunk
    if utf8 and not ascii_only and not utf8.getstate()[0]:
        fault = f"{name}: is declared as {encoding}, but every byte of it is valid UTF-8"
        raise SourceError(fault, hint="declare `encoding: utf-8`, or omit `encoding`")


def _check_marks(name: str, head: bytes, encoding: str) -> None:
    """Raise SourceError if the file's byte order mark is that of another encoding."""
    marks = {"utf-32": magic.UTF32, "utf-16": magic.UTF16, "utf-8": (UTF8_MARK,)}
    actual = next((other for other, signs in marks.items() if head.startswith(signs)), None)
    if actual and not codecs.lookup(encoding).name.startswith(actual):
        fault = f"{name}: begins with the byte order mark of {actual}, but is read as {encoding}"
        raise _otherwise_encoded(fault, actual)


def _transcoded(chunks: Iterator[bytes], name: str, encoding: str) -> Iterator[bytes]:
    """The chunks in UTF-8. Raises SourceError with the line of a byte that cannot be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk, final in chain(((chunk, False) for chunk in chunks), [(b"", True)]):
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "ignore")
            raise undecodable(name, error, line + before.count("\n"), encoding) from None
        except UnicodeError as error:  # UTF-16 without a byte order mark
            raise SourceError(
                f"{name}: is not {encoding}: {error}", hint="declare the file's encoding"
            ) from None
        line += text.count("\n")
        yield text.encode("utf-8", "surrogatepass")


def _check_kind(name: str, head: bytes) -> None:
    kind = magic.looks_like(head.removeprefix(UTF8_MARK))
    if kind:
        raise SourceError(f"{name}: is {kind[0]}, not text", hint=kind[1])


def _check_text(text: Path, name: str) -> None:
    """Raise SourceError for a file that is blank, binary or in UTF-16 or UTF-32."""
    with text.open("rb") as file:
        head = file.read(_HEAD)
        blank = not head.removeprefix(UTF8_MARK).strip()
        while blank and (chunk := file.read(_CHUNK)):
            blank = not chunk.strip()
    if blank:
        raise _empty(name)
    _check_head(name, head)


def _check_head(name: str, head: bytes) -> None:
    """Raise SourceError for a file whose first bytes are not text in UTF-8."""
    _check_kind(name, head)
    if head.startswith(magic.UTF32):
        raise _otherwise_encoded(f"{name}: looks like UTF-32", "utf-32")
    if magic.looks_utf16(head):
        raise _otherwise_encoded(f"{name}: looks like UTF-16", "utf-16")
    if magic.looks_binary(head):
        raise SourceError(
            f"{name}: contains binary data", hint="declare the right file, or its `format`"
        )


def _otherwise_encoded(fault: str, encoding: str) -> SourceError:
    return SourceError(
        fault, hint=f"declare `encoding: {encoding}`", settings={"encoding": encoding}
    )


def _empty(name: str) -> SourceError:
    return SourceError(f"{name}: is empty", hint="download it again, or remove it from `source`")
