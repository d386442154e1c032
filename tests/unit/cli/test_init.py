"""`medallion init`: a project that is valid, and files of users that stay as they are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tests.unit.cli.conftest import Call


def test_the_project_is_a_copy_of_the_template_and_valid(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "coffee"
    result = call(tmp_path, "init", str(folder))
    assert (result.code, result.err) == (0, "")
    template = Path(str(files("medallion.cli") / "templates"))
    names = sorted(path.relative_to(template) for path in template.rglob("*") if path.is_file())
    assert sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) == names
    for name in names:
        assert (folder / name).read_bytes() == (template / name).read_bytes()
    lines = result.out.splitlines()
    assert sorted(lines[: len(names)]) == sorted(str(folder / name) for name in names)
    assert lines[len(names) :] == ["", f"next: cd {folder}", "      medallion run"]
    assert call(folder, "check").code == 0


def test_no_file_is_overwritten_and_none_is_written_then(call: Call, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "medallion.yaml").write_text("mine")
    result = call(tmp_path, "init", str(tmp_path))
    assert result.code == 2
    expected = f"error: {tmp_path}: README.md, medallion.yaml would be overwritten"
    assert result.err.startswith(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "medallion.yaml"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_other_files_in_the_folder_are_left(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert call(tmp_path, "init", str(tmp_path)).code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"
