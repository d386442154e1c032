"""The error tree: messages, hints, suggestions and exit codes."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from medallion import errors
from medallion.errors import (
    CallError,
    DataError,
    DeclarationError,
    MedallionError,
    OwnershipError,
    PluginError,
    Problem,
    SourceError,
    StepError,
    TablesError,
    did_you_mean,
)
from medallion.secrets import SECRETS

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, MedallionError)
}


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    lines = re.findall(r"^    ([│├└─ ]*)(\w+Error)", errors.__doc__ or "", re.MULTILINE)
    parents: list[str] = []
    tree: dict[str, str | None] = {}
    for prefix, name in lines:
        depth = len(prefix) // 4
        parents[depth:] = [name]
        tree[name] = parents[depth - 1] if depth else None
    assert tree == {
        name: kind.__bases__[0].__name__ if kind is not MedallionError else None
        for name, kind in CLASSES.items()
    }


def test_a_hint_is_on_a_line_of_its_own() -> None:
    assert str(MedallionError("is wrong")) == "is wrong"
    error = SourceError("a.csv: is empty", hint="remove it")
    assert (str(error), error.args) == ("a.csv: is empty\n  → remove it", ("a.csv: is empty",))


def test_secrets_are_masked_in_message_hint_and_problems() -> None:
    SECRETS.add("s3cret-value")
    error = MedallionError("at s3cret-value", hint="use s3cret-value")
    assert str(error) == "at ***\n  → use ***"
    declaration = DeclarationError([Problem("m.yaml:1:1", "name", "'s3cret-value' is wrong")])
    assert declaration.problems[0].message == "'***' is wrong"
    assert "s3cret" not in str(declaration)


def test_a_problem_is_its_place_its_path_and_its_message() -> None:
    assert str(Problem("m.yaml:1:1", "name", "is wrong")) == "m.yaml:1:1: name: is wrong"
    assert str(Problem("", "", "is wrong")) == "is wrong"
    error = DeclarationError([Problem("m.yaml", "", "one"), Problem("", "a.b", "two")])
    assert str(error) == "m.yaml: one\na.b: two"


def test_errors_of_several_tables_are_one() -> None:
    parts = [SourceError("a: is empty", hint="remove it"), StepError("b: is wrong")]
    error = TablesError(parts)
    assert error.errors == tuple(parts)
    assert error.message == "2 tables failed\na: is empty\n  → remove it\nb: is wrong"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_exit_code_is_2_for_what_the_user_wrote_and_1_for_the_rest(name: str) -> None:
    of_users = (DeclarationError, CallError, PluginError, OwnershipError)
    assert CLASSES[name].exit_code == (2 if issubclass(CLASSES[name], of_users) else 1)


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("csat", "; did you mean 'cast'?"),
        ("TRIM", "; did you mean 'trim'?"),
        ("unrelated", "; there is cast, trim"),
    ],
)
def test_a_similar_word_is_suggested_or_all_are_listed(word: str, suggestion: str) -> None:
    assert did_you_mean(word, ["trim", "cast", "trim"]) == suggestion
    assert did_you_mean(word, []) == ""


def test_no_figure_is_shared_by_gate_errors() -> None:
    gate = errors.GateError("is not met")
    assert isinstance(gate, DataError)
    gate.figures = {"tallies": ()}
    assert dict(errors.GateError("another").figures) == {}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_survives_pickling(name: str) -> None:
    error = example(name)
    error.path = ("tables", 1)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (of this test)
    assert type(copy) is type(error)
    assert (str(copy), copy.args, copy.hint) == (str(error), error.args, error.hint)
    assert {**vars(copy), "errors": ()} == {**vars(error), "errors": ()}
    assert list(map(str, getattr(copy, "errors", ()))) == list(
        map(str, getattr(error, "errors", ()))
    )


def example(name: str) -> MedallionError:
    """An error of a class with all that it can have."""
    if name == "DeclarationError":
        return DeclarationError([Problem("m.yaml:1:1", "name", "is wrong"), Problem("", "", "two")])
    if name == "TablesError":
        return TablesError([SourceError("a: is empty", hint="remove it"), StepError("b: is wrong")])
    error = CLASSES[name]("a: is wrong", hint="correct it")
    if isinstance(error, errors.GateError):
        error.figures = {"tallies": (), "warnings": ("w",)}
    return error


@pytest.mark.parametrize(
    "error",
    [
        StepError("login with 11-hidden-22 refused", hint="not 11-hidden-22"),
        DeclarationError([Problem("m.yaml:1:1", "name", "'11-hidden-22' is wrong")]),
        TablesError([StepError("11-hidden-22 refused"), StepError("two", hint="11-hidden-22")]),
    ],
)
def test_an_error_of_another_process_is_masked_here(error: MedallionError) -> None:
    data = pickle.dumps(error)
    SECRETS.add("11-hidden-22")
    copy = pickle.loads(data)  # noqa: S301 (of this test)
    seen = [copy, *getattr(copy, "problems", ()), *getattr(copy, "errors", ())]
    assert not [text for part in seen for text in (str(part), repr(part)) if "hidden" in text]
