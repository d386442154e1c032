"""Nouns that agree with their number, in messages."""

from __future__ import annotations


def count_of(value: int, noun: str) -> str:
    """`1 table`, `1,200 tables`."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"
