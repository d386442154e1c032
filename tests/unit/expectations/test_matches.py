from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.expectations.matches import Matches
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations


def test_the_whole_value_must_match_and_null_passes():
    made = build(EXPECTATIONS, {"matches": {"mail": r"[^@\s]+@[^@\s]+"}})
    rows = [{"mail": "a@b"}, {"mail": "a@b c"}, {"mail": None}, {"mail": ""}]
    assert violations(made, rows) == [(1, "mail", "a@b c"), (3, "mail", "")]


def test_other_types_are_matched_as_text_and_quotes_are_safe():
    rows = [{"n": 12, "t": "it's"}, {"n": 123, "t": "it's"}, {"n": 12, "t": "its"}]
    assert violations(Matches(patterns={"n": r"\d{2}", "t": "it's"}), rows) == [
        (1, "n", "123"),
        (2, "t", "its"),
    ]


def test_what_only_re2_knows_is_allowed():
    assert violations(Matches(patterns={"a": r"\p{Lu}+"}), [{"a": "ÉA"}, {"a": "é"}]) == [
        (1, "a", "é")
    ]


@pytest.mark.parametrize("pattern", ["(", "[a", "(?=x)x", "(?<!a)b", r"(a)\1"])
def test_wrong_patterns_are_refused_when_declared(pattern):
    with pytest.raises(ValidationError, match="a: "):
        Matches(patterns={"a": pattern})


def test_an_escaped_backslash_is_no_backreference():
    assert violations(Matches(patterns={"a": r"(x)\\1"}), [{"a": "x\\1"}]) == []


def test_errors_at_work():
    with pytest.raises(StepError, match=r"matches a: .*invalid"):
        violations(Matches(patterns={"a": r"\p{Nope}"}), [{"a": "x"}])
    with pytest.raises(StepError, match="no column 'b'"):
        violations(Matches(patterns={"b": "x"}), [{"a": "x"}])
