"""CSV as bytes: encodings, marks, line ends, quotes, escapes, NUL bytes, compression."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile

import pyarrow as pa

from tests.data.hostile import Case, csv

PLAIN = "id,name\n1,Ann\n2,Bob\n"
ROWS = [("1", "Ann"), ("2", "Bob")]
ZOE = "id,name\n1,Zoë\n"
BREAK = "a line break outside quotes"


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("in.csv", PLAIN)
    return out.getvalue()


def _zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)  # type: ignore[no-any-return]


ENCODINGS = [
    csv(
        "utf-8 with a byte order mark",
        b"\xef\xbb\xbf" + PLAIN.encode(),
        columns=("id", "name"),
        rows=ROWS,
    ),
    csv(
        "two byte order marks",
        b"\xef\xbb\xbf" * 2 + PLAIN.encode(),
        columns=("id", "name"),
        rows=ROWS,
    ),
    csv(
        "a byte order mark inside quotes",
        b'\xef\xbb\xbf"id",name\n1,Ann\n',
        columns=("id", "name"),
        rows=[("1", "Ann")],
    ),
    csv(
        "utf-16 with its mark, undeclared",
        PLAIN.encode("utf-16"),
        error="declare `encoding: utf-16`",
    ),
    csv(
        "utf-16-le without a mark, undeclared",
        PLAIN.encode("utf-16-le"),
        error="declare `encoding: utf-16",
    ),
    csv(
        "utf-16-be without a mark, undeclared",
        PLAIN.encode("utf-16-be"),
        error="declare `encoding: utf-16",
    ),
    csv("utf-16 declared", ZOE.encode("utf-16"), rows=[("1", "Zoë")], encoding="utf-16"),
    csv(
        "utf-16-be declared without a mark",
        ZOE.encode("utf-16-be"),
        rows=[("1", "Zoë")],
        encoding="utf-16-be",
    ),
    csv(
        "utf-16 declared, utf-8 in the file", ZOE.encode(), error="is not utf-16", encoding="utf-16"
    ),
    csv("utf-32 undeclared", PLAIN.encode("utf-32"), error="UTF-32"),
    csv("utf-32 declared", ZOE.encode("utf-32"), rows=[("1", "Zoë")], encoding="utf-32"),
    csv("cp1252 undeclared", ZOE.encode("cp1252"), error="encoding: cp1252"),
    csv(
        "cp1252 declared",
        "id,name\n1,Zoë €\n".encode("cp1252"),
        rows=[("1", "Zoë €")],
        encoding="cp1252",
    ),
    csv(
        "cp1252 declared, a byte it has not",
        b"id,name\n1,\x81\n",
        error="is not cp1252",
        encoding="cp1252",
    ),
    csv(
        "cp1252 declared, utf-8 in the file",
        ZOE.encode(),
        error="encoding: utf-8",
        encoding="cp1252",
    ),
    csv(
        "latin-1 declared, a utf-8 mark",
        b"\xef\xbb\xbf" + PLAIN.encode(),
        error="encoding: utf-8",
        encoding="latin-1",
    ),
    csv(
        "latin-1 declared, utf-16 in the file",
        PLAIN.encode("utf-16"),
        error="encoding: utf-16",
        encoding="latin-1",
    ),
    csv(
        "utf-8 cut in the middle of a character", ZOE.encode()[:-2], error="byte 0xc3 is not utf-8"
    ),
    csv("utf-8 that encodes a surrogate", b"id,name\n1,\xed\xa0\x80\n", error="is not utf-8"),
    csv("overlong utf-8", b"id,name\n1,\xc0\xaf\n", error="byte 0xc0 is not utf-8"),
    csv("characters of four bytes", "id,name\n1,漢字 😀\n", rows=[("1", "漢字 😀")]),
    csv(
        "composed and decomposed accents stay as they are",
        "id,name\n1,\u00e9\n2,e\u0301\n",
        rows=[("1", "\u00e9"), ("2", "e\u0301")],
    ),
    csv(
        "shift_jis declared",
        "id,name\n1,日本\n".encode("shift_jis"),
        rows=[("1", "日本")],
        encoding="shift_jis",
    ),
]

LINES = [
    csv("CRLF", PLAIN.replace("\n", "\r\n"), rows=ROWS),
    csv("CR alone", PLAIN.replace("\n", "\r"), rows=ROWS),
    csv("CRLF and LF mixed", "id,name\r\n1,Ann\n2,Bob\r\n", rows=ROWS),
    csv("CR CR LF", PLAIN.replace("\n", "\r\r\n"), rows=ROWS),
    csv(
        "LF and one CR",
        "id,name\n1,Ann\r2,Bob\n3,Cid\n",
        rows=[("3", "Cid")],
        rejects=[(1, "format")],
    ),
    csv(
        "CR inside an unquoted value",
        "id,name\n1,An\rn\n2,Bob\n",
        rows=[("2", "Bob")],
        rejects=[(1, "format")],
    ),
    csv(
        "CR inside a quoted value",
        'id,name\n1,"An\rn"\n2,Bob\n',
        rows=[("1", "An\rn"), ("2", "Bob")],
    ),
    csv(
        "LF in a file that ends lines by CR",
        "id,name\r1,An\nn\r2,Bob\r",
        rows=[("2", "Bob")],
        rejects=[(1, "format")],
    ),
    csv("no line end after the last record", PLAIN[:-1], rows=ROWS),
    csv(
        "U+2028 and U+2029 inside a value",
        "id,name\n1,a\u2028b\u2029c\n",
        rows=[("1", "a\u2028b\u2029c")],
    ),
    csv("NEL inside a value", "id,name\n1,a\x85b\n", rows=[("1", "a\x85b")]),
    csv(
        "vertical tab and form feed inside a value",
        "id,name\n1,a\x0bb\x0cc\n",
        rows=[("1", "a\x0bb\x0cc")],
    ),
    csv("file separators inside a value", "id,name\n1,a\x1cb\x1dc\n", rows=[("1", "a\x1cb\x1dc")]),
    csv("blank lines anywhere", "\n\nid,name\n\n1,Ann\n\n2,Bob\n\n\n", rows=ROWS),
    csv(
        "a line of spaces is a record that does not fit",
        "id,name\n1,Ann\n   \n2,Bob\n",
        rows=ROWS,
        rejects=[(2, "format")],
    ),
    csv(
        "a line of delimiters is a record of nulls",
        "id,name\n1,Ann\n,\n",
        rows=[("1", "Ann"), (None, None)],
    ),
    csv("a DOS end-of-file mark", PLAIN + "\x1a", rows=ROWS, rejects=[(3, "format")]),
    csv(
        "NUL in a value", b"id,name\n1,A\0n\n2,Bob\n", rows=[("2", "Bob")], rejects=[(1, "format")]
    ),
    csv(
        "NUL padding after the last record",
        PLAIN.encode() + b"\0" * 6,
        rows=ROWS,
        rejects=[(3, "format")],
    ),
]

QUOTES = [
    csv("delimiters and line breaks in quotes", 'id,name\n1,"A,\nB"\n', rows=[("1", "A,\nB")]),
    csv("doubled quotes", 'id,name\n1,"say ""hi"""\n', rows=[("1", 'say "hi"')]),
    csv("only doubled quotes", 'id,name\n1,""""\n', rows=[("1", '"')]),
    csv("empty quotes are no null", 'id,name\n1,""\n2,\n', rows=[("1", ""), ("2", None)]),
    csv("a quote inside an unquoted value", 'id,name\n1,5" pipe\n', rows=[("1", '5" pipe')]),
    csv(
        "text after a closing quote",
        'id,name\n1,"A"x\n2,Bob\n',
        rows=[("2", "Bob")],
        rejects=[(1, "format")],
    ),
    csv(
        "a quote that is never closed",
        'id,name\n1,"Ann\n2,Bob\n3,Cid\n',
        rows=[("2", "Bob"), ("3", "Cid")],
        rejects=[(1, "format")],
    ),
    csv(
        "a quote that is never closed in the last record",
        'id,name\n1,Ann\n2,"Bob\n',
        rows=[("1", "Ann")],
        rejects=[(2, "format")],
    ),
    csv("a space before a quote", 'id,name\n1, "A,B"\n', rows=[("1", "A,B")]),
    csv(
        "backslash escapes, undeclared",
        'id,name\n1,"say \\"hi\\", Bob"\n2,Bob\n',
        rows=[("2", "Bob")],
        rejects=[(1, "format")],
    ),
    csv(
        "backslash escapes, declared",
        'id,name\n1,"say \\"hi\\", Bob"\n2,"C:\\\\new"\n',
        rows=[("1", 'say "hi", Bob'), ("2", "C:\\new")],
        escape="\\",
    ),
    csv(
        "an escaped delimiter without quotes",
        "id,name\n1,a\\,b\n",
        rows=[("1", "a,b")],
        escape="\\",
    ),
    csv(
        "an escape before another letter is literal",
        'id,name\n1,"C:\\new"\n2,d\\o\n',
        rows=[("1", "C:\\new"), ("2", "d\\o")],
        escape="\\",
    ),
    csv(
        "an escape and doubled quotes",
        'id,name\n1,"a ""b"" \\"c\\""\n',
        rows=[("1", 'a "b" "c"')],
        escape="\\",
    ),
    csv(
        "an escaped quote over two lines",
        'id,name\n1,"a \\"\nb\\" c"\n',
        rows=[("1", 'a "\nb" c')],
        escape="\\",
    ),
    csv(
        "single quotes, undeclared",
        "id,name\n1,'A,B'\n2,Bob\n",
        rows=[("2", "Bob")],
        rejects=[(1, "format")],
    ),
    csv("single quotes, declared", "id,name\n1,'A,''B'\n", rows=[("1", "A,'B")], quote="'"),
    csv("no quotes, declared", 'id,name\n1,"A\n', rows=[("1", '"A')], quote=""),
    csv("curly quotes are text", "id,name\n1,“Ann”\n", rows=[("1", "“Ann”")]),
]

FILES = [
    csv("gzip", gzip.compress(PLAIN.encode(), mtime=0), file="in.csv.gz", rows=ROWS),
    csv(
        "two gzip members",
        gzip.compress(b"id,name\n1,Ann\n", mtime=0) + gzip.compress(b"2,Bob\n", mtime=0),
        file="in.csv.gz",
        rows=ROWS,
    ),
    csv("zstd", _zstd(PLAIN.encode()), file="in.csv.zst", rows=ROWS),
    csv("bzip2", bz2.compress(PLAIN.encode()), file="in.csv.bz2", rows=ROWS),
    csv(
        "gzip cut short",
        gzip.compress(PLAIN.encode() * 50, mtime=0)[:-9],
        file="in.csv.gz",
        error="cut short or corrupt",
    ),
    csv("text that is called gzip", PLAIN, file="in.csv.gz", error=".gz"),
    csv("gzip that is called text", gzip.compress(PLAIN.encode(), mtime=0), error="gzip"),
    csv(
        "gzip inside gzip",
        gzip.compress(gzip.compress(PLAIN.encode(), mtime=0), mtime=0),
        file="in.csv.gz",
        error="gzip",
    ),
    csv("a zip archive", _zipped(), error="zip archive"),
    csv("a page of an error", "<!DOCTYPE html><html><body>404</body></html>", error="HTML"),
    csv(
        "an error as XML",
        '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        error="XML",
    ),
    csv(
        "JSON that is called CSV",
        '[{"id": 1, "name": "Ann"},\n{"id": 2, "name": "Bob"}]',
        error="JSON",
    ),
    csv("no byte", b"", error="is empty"),
    csv("blank lines only", "\n\r\n\n", error="is empty"),
    csv("a byte order mark only", b"\xef\xbb\xbf", error="is empty"),
    csv("random bytes", bytes(range(256)) * 8, error="binary"),
]

CASES: list[Case] = [*ENCODINGS, *LINES, *QUOTES, *FILES]
