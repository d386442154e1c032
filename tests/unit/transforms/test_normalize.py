from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.example_counts import examples

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.normalize import Normalize


@pytest.mark.parametrize(
    ("operations", "before", "after"),
    [
        ("lower", "ÉMILE X", "émile x"),
        ("upper", "émile x", "ÉMILE X"),
        ("strip_accents", "Ćéçñ", "Cecn"),
        ("collapse_spaces", " a\t\xa0 b\n", "a b"),
        ("collapse_spaces", " ", ""),
        ("title", "jean-luc  o'neill", "Jean-Luc  O'Neill"),
        ("title", "ÉMILE don't", "Émile Don't"),
        ("title", "", ""),
        (["collapse_spaces", "title", "strip_accents"], " éMILE   zOLA ", "Emile Zola"),
        (["lower", "upper"], "aB", "AB"),
        ("lower", None, None),
        ("title", None, None),
    ],
)
def test_operations(operations: str | list[str], before: str | None, after: str | None):
    normalize = plugins.build(plugins.TRANSFORMS, {"normalize": {"a": operations}})
    assert apply_transform(normalize, [{"a": before, "b": "Xy"}, {"a": "x", "b": "z"}]).rows[0] == {
        "a": after,
        "b": "Xy",
    }


def test_wrong_columns_and_operations():
    with pytest.raises(StepError, match="no column 'b'"):
        apply_transform(Normalize(columns={"b": ("lower",)}), [{"a": "x"}])
    with pytest.raises(StepError, match="'a' is int64, not text"):
        apply_transform(Normalize(columns={"a": ("lower",)}), [{"a": 1}])
    for operations in ((), ("capital",)):
        with pytest.raises(ValidationError):
            Normalize.model_validate({"columns": {"a": operations}})


@settings(max_examples=examples(20, 60))
@given(st.lists(st.text(st.sampled_from("aBé'’- \t\xa0x1.")), min_size=1, max_size=20))
def test_twice_is_once_and_only_case_and_spaces_change(texts: list[str]):
    step = Normalize(columns={"a": ("collapse_spaces", "title")})
    once = apply_transform(step, [{"a": text} for text in texts]).rows
    assert apply_transform(step, once).rows == once
    assert [row["a"].lower().split() for row in once] == [text.lower().split() for text in texts]
