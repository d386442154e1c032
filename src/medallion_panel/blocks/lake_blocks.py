"""The blocks about the lake: what each shows, as HTML or in a widget of its own."""

from __future__ import annotations

from typing import Any, TypeGuard

from medallion.pipeline import Pipeline
from medallion_panel.block_models import Content
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.catalogue import catalogue_html
from medallion_panel.blocks.catalogue_index import CatalogueView, catalogue_items
from medallion_panel.blocks.reject_rates import reject_rates_html
from medallion_panel.blocks.run_history import run_history_html
from medallion_panel.blocks.table_code import TableCode, table_snippets
from medallion_panel.lake_block_settings import CatalogueBlock, RejectRates, RunHistory
from medallion_panel.messages.messages import Messages

LakeBlock = CatalogueBlock | RunHistory | RejectRates


def is_lake_block(content: Content) -> TypeGuard[LakeBlock]:
    """Whether a block is one of these."""
    return isinstance(content, LakeBlock)


def lake_view(content: Content, say: Messages) -> CatalogueView | TableCode | None:
    """The widget of a block that has one."""
    if not isinstance(content, CatalogueBlock):
        return None
    if not content.of:
        return CatalogueView(say, content.title)
    return TableCode(say) if content.part == "code" else None


def lake_value(content: LakeBlock, pipeline: Pipeline, context: BlockContext, *, full: bool) -> Any:
    """What a block shows: HTML, or the items of its widget.

    `full` says that the visitor may see the records behind figures. Raises MedallionError.
    """
    release, formats = context.store.last_release(), context.formats
    if isinstance(content, RunHistory):
        return run_history_html(content, pipeline, formats)
    if isinstance(content, RejectRates):
        return reject_rates_html(content, pipeline, release, formats, linked=full)
    if not content.of:
        return catalogue_items(release, formats)
    if content.part == "code":
        return table_snippets(content.of, pipeline, release, formats.say)
    return catalogue_html(content, pipeline, context, full=full)
