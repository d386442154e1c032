"""The YAML of a proposed declaration, with the share of values that each proposal fits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from medallion.plural import count_of
from medallion.proposal.column_types import TypeProposal
from medallion.proposal.column_values import Share
from medallion.proposal.rules import Rule
from medallion.proposal.tables import ProposedTable

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*( [\w./-]+)*(\([\d, ]+\))?")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

LONGEST_LINE = 120

HEAD = """\
# Proposed by `medallion init --from`, from the records of the sources. Read it, and change what is
# wrong. Comments say how many values fit; a run keeps the others in quarantine, with the reason.

name: {name}
lake: ${{MEDALLION_LAKE:-./lake}}

tables:
  bronze: # records as they came, every byte kept
{bronze}

  silver: # clean rows with types
{silver}

  gold: # what people look at
{gold}

sinks:
  serving:
    url: ${{MEDALLION_STORE:-sqlite:lake/serving.db}}
    tables:
{served}
"""


def declaration_text(name: str, tables: Sequence[ProposedTable]) -> str:
    """The text of `medallion.yaml` for some tables."""
    served = (
        f"      {table.name}: {{{f'key: {_flow(table.key[0])}' if table.key else ''}}}"
        for table in tables
    )
    return HEAD.format(
        name=name,
        bronze="\n".join(f"    {table.name}: {_bronze(table)}" for table in tables),
        silver="\n\n".join("\n".join(_silver(table)) for table in tables),
        gold="\n".join(f"    {table.name}: {{from: silver.{table.name}}}" for table in tables),
        served="\n".join(served),
    )


def percent(share: Share) -> str:
    """A share for people, which is 100 % only when all fit: `99.98 % of 12,000`."""
    if share.fitting == share.total:
        return f"all {share.total:,}"
    return f"{min(100 * share.fraction, 99.99):.4g} % of {share.total:,}"


def misfits(share: Share) -> str:
    """The values that do not fit and how often they occur, or an empty text."""
    return ", ".join(f"{_quoted(value)} ({times:,})" for value, times in share.misfits)


def _bronze(table: ProposedTable) -> str:
    source = _flow(table.source).replace("$${", "${")  # it may have variables
    if not table.format:
        return f"{{source: {source}}}"
    doubtful = any("encoding" in settings for settings in table.format.values())
    comment = "; check letters with accents" if doubtful else ""
    if "fixed_width" in table.format:
        comment += "; CHECK THIS: columns end where all lines have blanks"
    return (
        f"# read in the first way that fits{comment}\n"
        f"      source: {source}\n"
        f"      format: {_flow(table.format)}"
    )


def _silver(table: ProposedTable) -> Iterator[str]:
    drawn = ", drawn at random" if table.is_sample else ""
    yield f"    {table.name}: # {count_of(table.rows, 'row')}{drawn}{_unreadable(table)}"
    yield f"      from: bronze.{table.name}"
    steps = list(_steps(table))
    if steps:
        yield "      steps:"
        yield from steps
    rules = list(_rules(table.rules))
    if rules:
        yield "      expect:"
        yield from rules


def _unreadable(table: ProposedTable) -> str:
    return (
        f"; {count_of(table.unreadable, 'more record')} cannot be read" if table.unreadable else ""
    )


def _steps(table: ProposedTable) -> Iterator[str]:
    derived = {each.name: each.derivation for each in table.columns if each.derivation}
    if derived:
        yield "        - derive:"
        yield from (f"            {_flow(name)}: {_quoted(sql)}" for name, sql in derived.items())
    spaced = sum(each.values.spaced for each in table.columns)
    if any(each.values.is_text for each in table.columns):
        comment = f" # {count_of(spaced, 'value')} with spaces around the text" if spaced else ""
        yield f"        - trim{comment}"
    words = [each for each in table.columns if each.type and each.values.null_words]
    if words:
        yield "        - map_values:"
        for each in words:
            mapping = dict.fromkeys(each.values.null_words)
            yield f"            {_flow(each.name)}: {_flow(mapping)}"
    types = [(each.name, each.type) for each in table.columns if each.type]
    if types:
        yield "        - cast:"
    for name, proposal in types:
        yield from _cast(name, proposal)
    if table.key:
        column, share = table.key
        line = f"        - deduplicate: {{key: {_flow(column)}, keep: last}}"
        yield from _commented(line, f"{percent(share)} occur once", share)


def _cast(name: str, proposal: TypeProposal) -> Iterator[str]:
    comment = percent(proposal.share)
    if proposal.also:
        comment += f"; CHECK THIS: {' and '.join(proposal.also)} would fit as many"
    return _commented(
        f"            {_flow(name)}: {_flow(proposal.target)}", comment, proposal.share
    )


def _rules(rules: Sequence[Rule]) -> Iterator[str]:
    filled = [rule for rule in rules if rule.kind == "not_null"]
    if filled:
        nulls = (
            f"{rule.column}: {percent(rule.share)}"
            for rule in filled
            if rule.share.fitting < rule.share.total
        )
        names = _flow([rule.column for rule in filled])
        line = f"        - {{not_null: {names}, on_fail: quarantine}}"
        yield from _commented(line, ", ".join(nulls) or "all rows")
    for rule in rules:
        if rule.kind != "not_null":
            setting = _flow({rule.column: rule.setting})
            line = f"        - {{{rule.kind}: {setting}, on_fail: quarantine}}"
            yield from _commented(line, percent(rule.share), rule.share)


def _commented(line: str, comment: str, share: Share | None = None) -> Iterator[str]:
    """A line with its comment, which comes before a line that is long."""
    others = misfits(share) if share else ""
    comment = f"# {comment}{f'; not {others}' if others else ''}"
    if len(line) + len(comment) < LONGEST_LINE:
        yield f"{line} {comment}"
    else:
        indent = len(line) - len(line.lstrip())
        yield from (" " * indent + comment, line)


def _flow(value: Any) -> str:
    """A value in YAML's flow style; text is quoted where YAML could read something else."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value if "," not in value else _quoted(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """A text in double quotes: characters that are not printed are escaped, and no variable."""
    escapes = {'"': '\\"', "\\": "\\\\"}
    return '"{}"'.format(
        "".join(
            escapes.get(character, character)
            if character.isprintable()
            else f"\\U{ord(character):08x}"
            for character in text.replace("${", "$${")
        )
    )
