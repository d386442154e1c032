"""The logo: SVG and PNG files are embedded, and others reported with their place."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError
from medallion_panel.logo import read_logo
from tests.panel import shop

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@pytest.mark.parametrize(("content", "kind"), [(SVG, "svg+xml"), (PNG, "png")])
def test_an_image_is_embedded(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "logo").write_bytes(content)
    start, _, data = read_logo(tmp_path, "logo").partition(",")
    assert start == f"data:image/{kind};base64"
    assert b64decode(data) == content


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("logo.svg", None, "no file 'logo.svg'; the path is relative to the declaration"),
        ("logo.png", b"GIF89a", "'logo.png' is not an image; use an SVG or PNG file"),
        ("logo.svg", b"<html></html>", "'logo.svg' is not an image"),
        ("logo.png", PNG + bytes(300_000), "'logo.png' has 300,024 bytes; the most is 262,144"),
        ("raw", None, "'raw' cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_reported(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    yaml = shop.YAML.partition("dashboard:")[0] + f"dashboard:\n  logo: {name}\n"
    path = shop.write(tmp_path / "project", yaml)
    (path.parent / "raw").mkdir(exist_ok=True)
    if content is not None:
        (path.parent / name).write_bytes(content)
    with pytest.raises(DeclarationError) as caught:
        md.Pipeline.load(path)
    (problem,) = caught.value.problems
    assert (problem.path, words in problem.message) == ("dashboard.logo", True), problem
    assert f"medallion.yaml:{yaml.count(chr(10))}:" in str(caught.value)
    assert md.Pipeline.load(path, serving=True).declaration.name  # the API needs no logo
