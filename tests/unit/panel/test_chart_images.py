"""The component that saves charts as images."""

from __future__ import annotations

import re

from medallion_panel.ui.card_frame import CardFrame
from medallion_panel.ui.chart_images import ChartImages


def test_it_hears_the_event_of_a_cards_menu_and_sets_only_text() -> None:
    (event,) = re.findall(r'addEventListener\("([\w-]+)"', ChartImages._esm)
    assert f'new CustomEvent("{event}", {{ detail }})' in CardFrame._esm
    assert "innerHTML" not in ChartImages._esm


def test_the_detail_of_the_event_is_what_the_component_reads() -> None:
    (names,) = re.findall(r"const detail = \{ (card, form, name)[^}]*\}", CardFrame._esm)
    sent = {*names.split(", "), "chart"}
    used = set(re.findall(r"detail\.(\w+)", ChartImages._esm)) | {"card", "chart"}
    assert sent == used
