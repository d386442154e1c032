"""Locations are the same or one below the other, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.location import locate


@pytest.mark.parametrize(
    ("inner", "outer", "below"),
    [
        ("lake/gold", "lake", ("gold",)),
        ("lake/../lake/gold/", "./lake", ("gold",)),
        ("lakes", "lake", None),
        ("S3://Bucket/a/./b", "s3://bucket", ("a", "b")),
        ("s3://bucket/../b", "s3://bucket/b", ()),
        ("zip://*.csv::lake/files.zip", "lake", ("files.zip",)),
        ("s3://bucket", "lake", None),
    ],
)
def test_what_is_below_what(
    tmp_path: Path, inner: str, outer: str, below: tuple[str, ...] | None
) -> None:
    assert locate(inner, tmp_path).below(locate(outer, tmp_path)) == below


def test_a_symbolic_link_is_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "link").symlink_to("lake")
    assert locate("link/gold", tmp_path).below(locate("lake", tmp_path)) == ("gold",)
