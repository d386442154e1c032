"""The report of a run: what happened to each table, and the fate of every row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.text import Text

from medallion.cli.output import WIDE, console, number, plain, table
from medallion.cli.settings import Settings
from medallion.plural import count_of
from medallion.records.quality import FIGURES, SELDOM, quality_of
from medallion.secrets import mask

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from medallion.pipeline import Pipeline
    from medallion.records import Ingestion, LoadReport, Run, StepRun, Tally
    from medallion.records.quality import TableQuality

FATES = ("deduplicated", "dropped", "quarantined")
COLUMNS = ("rows in", "corrected", "kept", *FATES, "warned", "rows out", "seconds")
NARROW = {
    "deduplicated": "dedup-\nlicated",
    "dropped": "drop-\nped",
    "quarantined": "quaran-\ntined",
    "corrected": "cor-\nrected",
    "rows in": "rows\nin",
    "rows out": "rows\nout",
    "seconds": "s",
}
STYLES = {
    "computed": "green",
    "reused": "cyan",
    "failed": "bold red",
    "unchanged": "dim",
    "not run": "dim",
}
HIGHLIGHTS = {"quarantined": "yellow", "warned": "magenta"}


@dataclass(frozen=True)
class Line:
    """A line of the report.

    `figures` are texts by column name; a column that is absent stays empty. `files` counts source
    files by change; `parts` says how many partitions or groups were computed.
    """

    name: str
    action: str
    figures: dict[str, str]
    files: dict[str, int] = field(default_factory=dict)
    parts: str = ""
    style: str = ""


def show(run: Run, *, why: bool = False) -> None:
    """Print what happened to each table (with `why`, also the reason), loads and warnings."""
    out = console()
    if run.steps:
        lines = [line for step in run.steps for line in _lines(step)]
        out.print(_fitting(out, lines))
    if run.loads:
        out.print()
        out.print(_loads(run))
        for label, text in (*_differences(run), *_merges(run)):
            out.print(Text.assemble((f"{label}: ", "cyan"), plain(text)))
    if why:
        for step in run.steps:
            out.print(Text(f"{step.table}: {step.action}, {plain(step.why)}", "dim"))
    for label, text in _warnings(run):
        out.print(Text.assemble((f"{label}: ", "yellow"), plain(text)))
    if run.note:
        out.print(Text(f"\n{run.note}", "yellow"))


def show_results(settings: Settings, pipeline: Pipeline, run: Run) -> None:
    """Print which release was published, where its tables are, and what to run next."""
    if run.candidate:
        show_candidate(settings, run.candidate)
    if run.release is None:
        return
    out = console()
    time = f" in {(run.finished - run.started).total_seconds():.1f} s" if run.finished else ""
    out.print(Text.assemble("\npublished release ", (run.release, "bold"), time))
    served = pipeline.declaration.served()
    layer = list(pipeline.declaration.layers)[-1]
    folder = pipeline.lake.layer_storage(layer, pipeline.declaration.layers[layer]).url
    grid = [("lake", mask(f"{folder}/*.parquet"))] if served else []
    grid += [(label, mask(sink.url)) for label, sink in pipeline.sinks.items()]
    grid += [("export", mask(export.file)) for export in pipeline.declaration.export]
    width = max((len(label) for label, _ in grid), default=0)
    for label, place in grid:
        out.print(Text(f"  {label:{width}}  {place}"), soft_wrap=True)
    show_next(settings, run, served)


def show_candidate(settings: Settings, name: str) -> None:
    """Print which candidate a run has left, and what can be done with it."""
    out = console()
    out.print(Text.assemble("\nnot published: kept as candidate ", (name, "bold")))
    for place, command in enumerate(("diff", "publish", "discard")):
        label = "      " if place else "next: "
        out.print(Text(f"{label}{settings.command_line(f'{command} {name}')}"), soft_wrap=True)


def show_next(settings: Settings, run: Run, served: list[str]) -> None:
    """Print the commands to run next."""
    qualities = [quality_of(step) for step in run.steps]
    rejects = sum(quality.rejects for quality in qualities)
    warned = sum(quality.warnings for quality in qualities)
    command = settings.command_line(f"show {served[0]}" if served else "status")
    listings = [
        ("quarantine", count_of(rejects, "rejected row") if rejects else ""),
        ("quarantine --warned", count_of(warned, "warned row") if warned else ""),
    ]
    commands = [(settings.command_line(name), rows) for name, rows in listings if rows]
    width = max(len(name) for name in (command, *(name for name, _ in commands)))
    lines = [
        f"next: {command}",
        *(f"      {name:{width}}   {rows}, with reasons" for name, rows in commands),
    ]
    console().print(Text("\n" + "\n".join(lines)), soft_wrap=True)


def _lines(step: StepRun) -> Iterator[Line]:
    style = STYLES[step.action]
    files: dict[str, int] = {change: files for change, files in step.sources.items() if files}
    quality = quality_of(step)
    figures = _figures(quality) if step.tallies else {}
    if step.action != "failed":
        figures["rows out"] = number(step.rows)
    if step.action in ("computed", "failed"):
        figures["seconds"] = f"{step.seconds:.2f}"
    parts = ""
    if step.action == "computed" and step.partitions_computed < step.partitions:
        total = count_of(step.partitions, "partition")
        parts = f"{number(step.partitions_computed)} of {total}"
    if step.action == "computed" and step.groups:
        parts = f"{number(step.groups_computed)} of {count_of(step.groups, 'group')}"
    yield Line(step.table, step.action, figures, files, parts, style)
    for later in quality.notable:
        yield Line(f"  {later.label}", "", _figures(later), style="dim" if style == "dim" else "")


def _figures(tally: TableQuality | Tally) -> dict[str, str]:
    return {name.replace("_", " "): number(getattr(tally, name)) for name in FIGURES}


def _fitting(out: Console, lines: list[Line]) -> Table:
    """The report as a table that fits the terminal.

    Corrected and warned rows have a column if there are any. On a narrow terminal it first uses
    short headers, then omits columns that are all zero, then the seconds.
    """
    empty = {
        name
        for name in (*FATES, *SELDOM)
        if all(line.figures.get(name, "0") == "0" for line in lines)
    }
    unusual = empty & {*SELDOM}
    choices: list[tuple[dict[str, str], set[str]]] = [
        ({}, unusual),
        (NARROW, unusual),
        (NARROW, empty),
        (NARROW, {*empty, "seconds"}),
    ]
    grid = table([])
    for headers, omitted in choices:
        grid = _grid(lines, headers, omitted)
        if Measurement.get(out, out.options.update(width=WIDE), grid).maximum <= out.width:
            break
    return grid


def _grid(lines: list[Line], headers: dict[str, str], omitted: set[str]) -> Table:
    """The report as a table, with `headers` in place of names and without the columns `omitted`."""
    names = [name for name in COLUMNS if name not in omitted]
    grid = table([])
    if headers:
        grid.padding = 0
    grid.add_column("table", overflow="fold")
    grid.add_column("what\nhappened" if headers else "what happened", no_wrap=True)
    for name in names:
        grid.add_column(headers.get(name, name), justify="right", no_wrap=True)
    for line in lines:
        files = [
            f"{number(count)} {change}" if headers else count_of(count, f"{change} file")
            for change, count in line.files.items()
        ]
        parts = [line.parts] if line.parts else []
        action = Text("\n".join([line.action, *parts, *files]), line.style)
        cells: list[RenderableType] = [plain(line.name), action]
        cells += [_cell(name, line.figures.get(name, "")) for name in names]
        grid.add_row(*cells, style="dim" if line.style == "dim" else None)
    return grid


def _cell(name: str, figure: str) -> Text:
    if figure == "0":
        return Text(figure, "dim")
    return Text(figure, HIGHLIGHTS.get(name, "") if figure else "")


def _loads(run: Run) -> Table:
    columns = ["loaded", "into", "rows", "seconds", "rows/s"]
    grid = table(columns, right=("rows", "seconds", "rows/s"))
    for load in run.loads:
        name, sink = load.served.table, load.sink
        if load.loaded:
            grid.add_row(name, sink, number(load.arrived), *_speed(load))
        else:
            grid.add_row(name, sink, number(load.served.rows), "already loaded", "")
    if run.ingestion and sum(load.loaded for load in run.loads) > 1:
        grid.add_row("total loaded", "", number(run.ingestion.rows), *_speed(run.ingestion))
    return grid


def _speed(load: LoadReport | Ingestion) -> tuple[str, str]:
    """The seconds of a load and its rows per second."""
    return f"{load.seconds:.2f}", number(round(load.rate))


def _differences(run: Run) -> Iterator[tuple[str, str]]:
    """How many rows were loaded, for each table of which the database copied the others."""
    for load in run.loads:
        if load.changed is not None:
            total = count_of(load.arrived, "row")
            said = f"{number(load.changed)} of {total} differ; the others were copied"
            yield "difference", f"{load.served.table}: {said} in {load.sink}"


def _merges(run: Run) -> Iterator[tuple[str, str]]:
    """How many loaded rows are new, for each table that is merged or appended to."""
    for load in run.loads:
        served = load.served
        if load.loaded and served.former:
            total = count_of(load.arrived, "loaded row")
            counts = [f"{number(load.arrived - load.met)} of {total} new"]
            fate = "updated" if served.mode == "merge" else "already present"
            counts += [f"{number(load.met)} {fate}", f"{count_of(served.rows, 'row')} served"]
            yield served.mode, f"{served.table}: {', '.join(counts)}"


def _warnings(run: Run) -> Iterator[tuple[str, str]]:
    for step in run.steps:
        yield from (("warning", f"{step.table}: {warning}") for warning in step.warnings)
        yield from (("drift", f"{step.table}: {change}") for change in step.drift)
