"""The dashboard of a pipeline: pages over its published tables, declared in the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medallion_panel.app import create_dashboard

__all__ = ["create_dashboard"]


def __getattr__(name: str) -> object:
    if name == "create_dashboard":
        from medallion_panel.app import create_dashboard

        return create_dashboard
    raise AttributeError(name)
