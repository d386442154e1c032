"""All messages of the interface, by their English text."""

from __future__ import annotations

from collections.abc import Mapping

from medallion_panel.messages.block_messages import BLOCK_MESSAGES
from medallion_panel.messages.chart_messages import CHART_MESSAGES
from medallion_panel.messages.common_messages import COMMON_MESSAGES
from medallion_panel.messages.explore_messages import EXPLORE_MESSAGES
from medallion_panel.messages.lake_messages import LAKE_MESSAGES
from medallion_panel.messages.origin_messages import ORIGIN_MESSAGES
from medallion_panel.messages.page_messages import PAGE_MESSAGES
from medallion_panel.messages.period_messages import PERIOD_MESSAGES
from medallion_panel.messages.quarantine_messages import QUARANTINE_MESSAGES
from medallion_panel.messages.run_messages import RUN_MESSAGES
from medallion_panel.messages.table_page_messages import TABLE_PAGE_MESSAGES
from medallion_panel.messages.translation import Translation

AREAS: tuple[Mapping[str, Translation], ...] = (
    COMMON_MESSAGES,
    PAGE_MESSAGES,
    PERIOD_MESSAGES,
    CHART_MESSAGES,
    BLOCK_MESSAGES,
    EXPLORE_MESSAGES,
    LAKE_MESSAGES,
    ORIGIN_MESSAGES,
    QUARANTINE_MESSAGES,
    TABLE_PAGE_MESSAGES,
    RUN_MESSAGES,
)

CATALOGUE: Mapping[str, Translation] = {
    text: translation for area in AREAS for text, translation in area.items()
}
