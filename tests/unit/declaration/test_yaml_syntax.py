"""The syntax of a YAML file: its tree, or in plain words why it has none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from medallion.declaration import yaml_syntax
from medallion.declaration.yaml_syntax import compose, mark_of, place_of
from medallion.errors import DeclarationError, Problem


def composed(folder: Path, content: bytes) -> tuple[yaml.Node | None, list[str]]:
    """The tree of a file, and its problems."""
    problems: list[Problem] = []
    (folder / "m.yaml").write_bytes(content)
    return compose(folder / "m.yaml", "m.yaml", problems), [str(problem) for problem in problems]


def test_a_mapping_is_a_tree_whose_scalars_have_no_tag_yet(tmp_path: Path) -> None:
    root, problems = composed(tmp_path, "\ufeffa: no\n'é': 12:30\n".encode())
    assert isinstance(root, yaml.MappingNode)
    assert problems == []
    scalars = [(key.value, value.value, value.tag) for key, value in root.value]
    assert scalars == [("a", "no", "!untagged"), ("é", "12:30", "!untagged")]
    assert [mark_of(value) for _, value in root.value] == [(0, 3), (1, 5)]
    assert place_of("m.yaml", (1, 5)) == "m.yaml:2:6"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b\n\tc: d\n", "2:1: a tab where only spaces are allowed; indent with spaces"),
        ("a:\n\t- b\n", "2:1: a tab where only spaces are allowed; indent with spaces"),
        (
            "a: [1, 2\nb: 3\n",
            "1:4: a '[' or '{' that begins here is not closed, or a ',' is missing in it",
        ),
        ("b: 1\na: 'x\nb: 1\n", "2:4: a quote that begins here is not closed"),
        ("a: b: c\n", "1:5: a ':' is not allowed here; quote the text, or check the indentation"),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: this does not fit the lines above; check the indentation, quotes and brackets",
        ),
        (
            "a: *x\n",
            "1:4: there is no anchor of this name above; write `&name` where the value first occurs",
        ),
        ("a: - x\n", "1:4: a '-' is not allowed here; begin the list on the next line, indented"),
        ("a: @x\n", "1:4: text cannot begin with this character; put it in quotes"),
        ('a: "\\d"\n', "1:5: a backslash in double quotes begins an escape; use single quotes"),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: a second document begins; a declaration is one document, without '---' inside",
        ),
        ("- 1\n", "1:1: a declaration is a mapping, beginning with `name: …`"),
        ("text\n", "1:1: a declaration is a mapping, beginning with `name: …`"),
        ("ab: 1\na: b\x00\n", "2:5: the control character '\\x00' is not allowed in YAML"),
    ],
)
def test_text_that_is_not_a_mapping_says_where_and_why(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert composed(tmp_path, text.encode()) == (None, [f"m.yaml:{problem}"])


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_an_empty_file_names_the_command_that_writes_one(tmp_path: Path, text: str) -> None:
    message = "m.yaml: the file is empty; `medallion init` writes one to begin with"
    assert composed(tmp_path, text.encode()) == (None, [message])


def test_unknown_syntax_errors_keep_the_parsers_words() -> None:
    problem = yaml_syntax._syntax_problem(
        "m.yaml", "", yaml.MarkedYAMLError(problem="something new")
    )
    assert str(problem) == "m.yaml: something new"


def test_files_that_are_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9t\xe9")
    for name, said in [
        ("none.yaml", "none.yaml: there is no such file; `medallion init` writes one"),
        (".", ".: this is a folder; name the file in it"),
        ("latin.yaml", "latin.yaml: this is not UTF-8 text, from byte 3 on"),
        ("latin.yaml/x.yaml", "latin.yaml/x.yaml: this cannot be read: Not a directory"),
    ]:
        with pytest.raises(DeclarationError) as caught:
            compose(tmp_path / name, name, [])
        assert str(caught.value) == said
