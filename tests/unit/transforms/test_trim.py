from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.example_counts import examples

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.trim import Trim

WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"


def test_bare_it_trims_every_text_column_and_nothing_else():
    made = apply_transform(Trim(), [{"a": " x ", "b": "\xa0y\t", "n": 1}])
    assert made.rows == [{"a": "x", "b": "y", "n": 1}]
    assert made.types == {"a": "text", "b": "text", "n": "int64"}
    assert made.set_aside == []


def test_listed_columns_alone():
    trim = plugins.build(plugins.TRANSFORMS, {"trim": ["a"]})
    assert apply_transform(trim, [{"a": " x ", "b": " y "}]).rows == [{"a": "x", "b": " y "}]


def test_nothing_left_is_null():
    assert (
        apply_transform(Trim(), [{"a": text} for text in ("", " ", WHITE, None)]).rows
        == [{"a": None}] * 4
    )


def test_missing_and_non_text_columns_are_told():
    with pytest.raises(StepError, match="did you mean 'name'"):
        apply_transform(Trim(columns=("nam",)), [{"name": "x"}])
    with pytest.raises(StepError, match="'n' is int64, not text"):
        apply_transform(Trim(columns=("n",)), [{"n": 1}])


@settings(max_examples=examples(25, 60))
@given(st.lists(st.text(st.sampled_from(WHITE + "ab'é\u200b\x1c~\x7f!")), min_size=1, max_size=20))
def test_it_strips_exactly_unicode_white_space(texts: list[str]):
    made = apply_transform(Trim(), [{"a": text} for text in texts])
    assert [row["a"] for row in made.rows] == [text.strip(WHITE) or None for text in texts]
