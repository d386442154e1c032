"""Style sheets without faces that load whatever a page shows, and scripts that are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bokeh.resources import Resources
from panel_material_ui import Page
from panel_material_ui.base import FONT_CSS

from medallion_panel.ui.page_resources import install_page_resources


@pytest.fixture(autouse=True)
def uninstalled() -> Iterator[None]:
    """Every test leaves the two libraries as they were."""
    files, components = list(FONT_CSS), Resources._default_components
    yield
    FONT_CSS[:], Resources._default_components = files, components


def test_each_face_of_the_typeface_says_which_characters_it_has() -> None:
    install_page_resources()
    (path,) = (Path(each) for each in Page._bundle_css)
    faces = [part.partition("}")[0] for part in path.read_text().split("@font-face{")[1:]]
    roboto = [face for face in faces if "font-family:Roboto;" in face]
    assert len(roboto) == 18
    assert all("unicode-range:" in face for face in roboto)
    assert any("unicode-range:U+0301,U+0400-045F" in face for face in roboto)  # Cyrillic


def test_a_page_loads_no_script_for_webgl() -> None:
    install_page_resources()
    install_page_resources()
    scripts = [url.rpartition("/")[2] for url in Resources(mode="server").js_files]
    assert "bokeh.min.js" in scripts
    assert "bokeh-tables.min.js" in scripts  # of which Panel's own needs parts
    assert not any("bokeh-gl" in script for script in scripts)
