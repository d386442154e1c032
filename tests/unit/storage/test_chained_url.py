"""URLs of files in an archive, and colons that chain nothing."""

from __future__ import annotations

import pytest

from medallion.storage.chained_url import innermost, unchained


@pytest.mark.parametrize(
    ("url", "members", "archive"),
    [
        ("zip://in/*.csv::data/x.zip", "zip://in/*.csv", "data/x.zip"),
        ("tar://::http://[::1]/x.tgz", "tar://", "http://[::1]/x.tgz"),
        ("http://[::1]:8000/a.csv", "http://[::1]:8000/a.csv", ""),
        ("https://host/a.csv?by=a::b", "https://host/a.csv?by=a::b", ""),
        ("data/a::b.csv", "data/a::b.csv", ""),
        ("zip::a.csv", "zip::a.csv", ""),
    ],
)
def test_the_archive_of_a_url(url: str, members: str, archive: str) -> None:
    assert unchained(url) == (members, archive)
    assert innermost(url) == (archive or url)


def test_the_innermost_of_several_archives() -> None:
    assert innermost("zip://a.csv::tar://b.zip::s3://bucket/c.tar") == "s3://bucket/c.tar"
