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


def test_a_declaration_is_proposed_for_files(call: Call, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("city_id,name,founded\n1,Paris,03/07/0987\n2,Rome,\n")
    folder = tmp_path / "atlas"
    result = call(tmp_path, "init", str(folder), "--from", str(tmp_path / "cities.csv"))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"{folder}/medallion.yaml",
        "",
        f"next: cd {folder}",
        "      read medallion.yaml, and change what is wrong",
        "      medallion run",
    ]
    assert [path.name for path in (tmp_path / "atlas").iterdir()] == ["medallion.yaml"]
    text = (tmp_path / "atlas/medallion.yaml").read_text()
    assert "name: atlas" in text
    assert f'cities: {{source: "{tmp_path}/cities.csv"}}' in text
    assert "city_id: integer # all 2" in text
    assert call(tmp_path / "atlas", "run").code == 0


def test_nothing_is_written_when_a_file_cannot_be_read(call: Call, tmp_path: Path) -> None:
    folder, file = tmp_path / "atlas", tmp_path / "cities.csv"
    result = call(tmp_path, "init", str(folder), "--from", str(file))
    assert result.code == 1
    assert "no file matches" in result.err
    assert not (tmp_path / "atlas").exists()


def test_a_password_is_not_written_to_a_declaration(call: Call, tmp_path: Path) -> None:
    url = "sftp://ann:s3cret@example.org/a.csv"
    result = call(tmp_path, "init", str(tmp_path / "atlas"), "--from", url)
    assert result.code == 2
    assert result.err.startswith("error: a URL has a password")
    assert "s3cret" not in result.err
    assert not (tmp_path / "atlas").exists()
