from __future__ import annotations

import pytest

from medallion.kernel.shared_partitions import aligned_partitions, shared_partitions
from medallion.records import Partition


def partitions(names: str, first: int) -> list[Partition]:
    return [
        Partition(fingerprint=name, numbers=(first + place,), rows_in=1, files=())
        for place, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("former", "latter", "shared"),
    [
        ("abc", "abc", "abc"),
        ("abc", "axc", "ac"),
        ("abc", "zabc", "abc"),
        ("abcd", "dabc", "abc"),
        ("abcd", "bcda", "bcd"),
        ("abcdef", "dxabce", "abce"),
        ("aab", "ab", "b"),
        ("ab", "aab", "b"),
        ("ab", "cd", ""),
        ("", "ab", ""),
    ],
)
def test_partitions_in_the_same_order_are_shared(former: str, latter: str, shared: str) -> None:
    pairs = shared_partitions(partitions(former, 0), partitions(latter, 10))
    assert "".join(one.fingerprint for one, _ in pairs) == shared
    assert "".join(two.fingerprint for _, two in pairs) == shared
    for one, two in pairs:
        assert one.numbers == (former.index(one.fingerprint),)
        assert two.numbers == (10 + latter.index(two.fingerprint),)


@pytest.mark.parametrize(
    ("former", "latter", "aligned"),
    [
        ("abc", "axc", "bx"),
        ("abc", "xyc", "axby"),
        ("abc", "abxy", "cx"),
        ("ab", "xab", ""),
        ("abc", "ac", ""),
        ("abcd", "xbyd", "axcy"),
        ("abcd", "dxbc", "ad"),
        ("ab", "xy", "axby"),
        ("", "ab", ""),
    ],
)
def test_other_partitions_are_aligned_between_those_that_are_shared(
    former: str, latter: str, aligned: str
) -> None:
    one, two = partitions(former, 0), partitions(latter, 10)
    pairs = aligned_partitions(one, two, shared_partitions(one, two))
    assert "".join(part.fingerprint for pair in pairs for part in pair) == aligned
