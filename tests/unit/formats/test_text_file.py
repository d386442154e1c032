"""Source files as UTF-8 text: compression, encodings, and what is not text."""

from __future__ import annotations

import bz2
import codecs
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from medallion.errors import SourceError, StorageError
from medallion.formats.text_file import (
    check_encoding,
    check_readable,
    endings,
    plain_text,
    undecodable,
    whole,
)

TEXT = "id,name\n1,Zoë 漢\n".encode()


def plain(folder: Path, name: str, content: bytes, encoding: str = "utf-8") -> bytes:
    """The text that is read; no copy may remain."""
    source, target = folder / name, folder / "out" / "target"
    source.write_bytes(content)
    with plain_text(source, name, encoding, target) as text:
        result = text.read_bytes()
    assert not target.parent.exists() or not list(target.parent.iterdir())
    assert source.read_bytes() == content
    return result


def refused(folder: Path, name: str, content: bytes, encoding: str = "utf-8") -> str:
    """The message and hint of the error."""
    with pytest.raises(SourceError) as error:
        plain(folder, name, content, encoding)
    return f"{error.value.message} | {error.value.hint}"


def zstd(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue())


def test_each_suffix_may_be_followed_by_that_of_a_compression() -> None:
    assert endings(".csv", ".tsv") == (
        *(".csv", ".csv.gz", ".csv.zst", ".csv.bz2"),
        *(".tsv", ".tsv.gz", ".tsv.zst", ".tsv.bz2"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "CP1252", "latin-1"])
def test_a_known_encoding_is_returned_unchanged(encoding: str) -> None:
    assert check_encoding(encoding) == encoding


def test_an_unknown_encoding_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match=r"'utf-15' is not a text encoding; did you mean 'utf-16'"):
        check_encoding("utf-15")
    with pytest.raises(ValueError, match="'base64' is not a text encoding"):
        check_encoding("base64")


def test_a_file_that_is_missing_a_folder_or_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, says in [
        ("gone", "data/x: no such file"),
        (".", "data/x: is a folder"),
        ("empty", "data/x: is empty"),
    ]:
        with pytest.raises(SourceError) as error:
            check_readable(tmp_path / path, "data/x")
        assert error.value.message == says
        assert error.value.hint
    (tmp_path / "text").write_bytes(b"x" * 5000)
    assert check_readable(tmp_path / "text", "data/x") == b"x" * 4096


def test_utf_8_is_read_in_place_and_may_begin_with_a_mark(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(codecs.BOM_UTF8 + TEXT)
    with plain_text(source, "a.csv", "UTF8", tmp_path / "out" / "target") as text:
        assert text == source
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [(".gz", gzip.compress(TEXT, mtime=0)), (".bz2", bz2.compress(TEXT)), (".zst", zstd(TEXT))],
    ids=["gzip", "bzip2", "zstandard"],
)
def test_compressed_files_are_copied_and_damaged_ones_refused(
    tmp_path: Path, suffix: str, packed: bytes
) -> None:
    assert plain(tmp_path, f"a.csv{suffix}", packed) == TEXT
    assert plain(tmp_path, f"a.CSV{suffix.upper()}", packed) == TEXT
    assert "cut short or corrupt" in refused(tmp_path, f"a.csv{suffix}", packed[:-6])
    message = refused(tmp_path, f"a.csv{suffix}", TEXT)
    assert message == f"a.csv{suffix}: is not {suffix} data | rename it without {suffix}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "shift_jis", "utf-8-sig"])
def test_other_encodings_become_utf_8(tmp_path: Path, encoding: str) -> None:
    content = "id,name\n1,漢\n"
    assert plain(tmp_path, "a.csv", content.encode(encoding), encoding) == content.encode()


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (b" \n\r\n\t", "utf-8", "is empty"),
        (codecs.BOM_UTF8 + b"\n", "utf-8", "is empty"),
        (b"PAR1xx", "utf-8", "is a Parquet file, not text"),
        (b"PAR1xx", "cp1252", "is a Parquet file, not text"),
        (b"<html>", "utf-8", "is an HTML page, not text"),
        (bytes(range(1, 256)) * 9, "utf-8", "contains binary data"),
        ("id\n1\n".encode("utf-16"), "utf-8", "looks like UTF-16 | declare `encoding: utf-16`"),
        ("id\n1\n".encode("utf-32"), "utf-8", "looks like UTF-32 | declare `encoding: utf-32`"),
        (TEXT, "cp1252", "is declared as cp1252, but every byte of it is valid UTF-8"),
        ("a\n".encode("utf-16"), "cp1252", "begins with the byte order mark of utf-16"),
        (b"a\nb\xff\nc", "ascii", "line 2: byte 0xff is not ascii"),
        (b"a\nb\x81", "cp1252", "line 2: byte 0x81 is not cp1252"),
    ],
)
def test_what_is_not_text_in_the_declared_encoding_is_refused(
    tmp_path: Path, content: bytes, encoding: str, says: str
) -> None:
    assert says in refused(tmp_path, "a.csv", content, encoding)


def test_ascii_and_single_bytes_are_valid_in_a_single_byte_encoding(tmp_path: Path) -> None:
    assert plain(tmp_path, "a.csv", b"id,name\n", "cp1252") == b"id,name\n"
    assert plain(tmp_path, "a.csv", "Zoë".encode("cp1252"), "cp1252") == "Zoë".encode()


def test_an_undecodable_byte_names_its_line_and_the_likely_encoding() -> None:
    fault = UnicodeDecodeError("utf-8", b"Zo\xeb", 2, 3, "invalid")
    error = undecodable("a.csv", fault, 7)
    assert error.message == "a.csv: line 7: byte 0xeb is not utf-8"
    assert error.hint == "declare the file's encoding, often `encoding: cp1252`"
    other = undecodable("a.csv", fault, 7, "ascii")
    assert other.hint == "declare the file's encoding, such as `encoding: utf-8`"


def test_a_target_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / "target"
    with whole(target) as part:
        part.write_text("first")
        assert not target.exists()
    assert target.read_text() == "first"
    with pytest.raises(ZeroDivisionError), whole(target) as part:
        part.write_text(f"second {1 // 0}")
    assert target.read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    (tmp_path / "file").touch()
    with pytest.raises(StorageError), whole(tmp_path / "file" / "target"):
        pass
