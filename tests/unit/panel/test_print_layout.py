"""The layout of a page while the browser prints it."""

from __future__ import annotations

import re

import pytest

from medallion_panel.ui.downloads import download_button
from medallion_panel.ui.print_layout import NOT_PRINTED, PrintLayout

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


def test_what_is_changed_for_print_is_restored_after_it() -> None:
    code = PrintLayout._esm
    assert re.findall(r'addEventListener\("(\w+)"', code) == ["beforeprint", "afterprint"]
    assert "innerHTML" not in code
    # Every change of a style goes through the one function that remembers the former style.
    assert len(re.findall(r"\.setProperty\(|\.style\.\w+ = (?!former)", code)) == 1


def test_controls_are_not_printed() -> None:
    async def file() -> None: ...

    button = download_button(file, "rows.csv", "CSV", "All rows")
    assert button.stylesheets == [NOT_PRINTED]
