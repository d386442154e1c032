import pytest
from medallion.errors import StepError
from medallion.testing import apply_transform

from medallion_example.mask_email import MaskEmail


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("ann@example.org", "a***@example.org"),
        ("a@b.c", "a***@b.c"),
        ("Ann Smith", "***"),
        ("a@b@c", "***"),
        ("", "***"),
        (None, None),
    ],
)
def test_all_but_the_first_letter_is_hidden(value: str | None, masked: str | None) -> None:
    outcome = apply_transform(
        MaskEmail(columns=("email",)), [{"id": 1, "email": value}, {"id": 2, "email": "x@y.z"}]
    )
    assert outcome.rows[0] == {"id": 1, "email": masked}


def test_one_column_may_be_written_without_a_list() -> None:
    assert MaskEmail.model_validate({"columns": "email"}) == MaskEmail(columns=("email",))


def test_a_missing_column_is_reported() -> None:
    with pytest.raises(StepError, match="did you mean 'email'"):
        apply_transform(MaskEmail(columns=("emial",)), [{"email": "x@y.z"}])
