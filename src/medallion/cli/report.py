"""A run as a table one is glad to read: what happened to each table, and where every row went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.text import Text

from medallion.cli.output import WIDE, console, number, plain, table
from medallion.cli.settings import Settings
from medallion.lake.quality import quality_of
from medallion.plural import count_of
from medallion.secrets import mask

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from medallion.lake.quality import TableQuality
    from medallion.pipeline import Pipeline
    from medallion.records import Ingestion, LoadReport, Run, StepRun, Tally

FATES = ("deduplicated", "dropped", "quarantined")
FIGURES = ("rows in", "kept", *FATES, "rows out", "seconds")
NARROW = {
    "deduplicated": "dedup-\nlicated",
    "dropped": "drop-\nped",
    "quarantined": "quaran-\ntined",
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


@dataclass(frozen=True)
class Line:
    """One line of the report: `files` count source files by what happened to them; `figures` stand by column,
    and a column without one stays empty."""

    name: str
    happened: str
    figures: dict[str, str]
    files: dict[str, int] = field(default_factory=dict)
    style: str = ""


def show(run: Run, *, why: bool = False) -> None:
    """Print what happened to each table (and, when asked, why), what was loaded, and what to look at."""
    out = console()
    if run.steps:
        lines = [line for step in run.steps for line in _lines(step)]
        out.print(_fitting(out, lines))
    if run.loads:
        out.print()
        out.print(_loads(run))
        for label, said in _joined(run):
            out.print(Text.assemble((f"{label}: ", "cyan"), plain(said)))
    if why:
        for step in run.steps:
            out.print(Text(f"{step.table}: {step.action}, {plain(step.why)}", "dim"))
    for label, said in _remarks(run):
        out.print(Text.assemble((f"{label}: ", "yellow"), plain(said)))
    if run.note:
        out.print(Text(f"\n{run.note}", "yellow"))


def show_results(settings: Settings, pipeline: Pipeline, run: Run) -> None:
    """Print which release was published, where it can be found, and what to type next."""
    if run.release is None:
        return
    out = console()
    took = f" in {(run.finished - run.started).total_seconds():.1f} s" if run.finished else ""
    out.print(Text.assemble("\npublished release ", (run.release, "bold"), took))
    served = pipeline.declaration.served()
    layer = list(pipeline.declaration.layers)[-1]
    folder = pipeline.lake.layer_storage(layer, pipeline.declaration.layers[layer]).url
    grid = [("lake", mask(f"{folder}/*.parquet"))] if served else []
    grid += [(label, mask(sink.url)) for label, sink in pipeline.sinks.items()]
    width = max((len(label) for label, _ in grid), default=0)
    for label, place in grid:
        out.print(Text(f"  {label:{width}}  {place}"), soft_wrap=True)
    show_next(settings, run, served)


def show_next(settings: Settings, run: Run, served: list[str]) -> None:
    """Print what to type next."""
    aside = sum(tally.quarantined for step in run.steps for tally in step.tallies)
    ways = [f"show {served[0]}"] if served else ["status"]
    if aside:
        ways.append("quarantine")
    typed = [settings.typed(way) for way in ways]
    width = max(map(len, typed))
    said = [f"next: {typed[0]}"]
    if aside:
        said.append(f"      {typed[1]:{width}}   {count_of(aside, 'row')} did not make it, and why")
    console().print(Text("\n" + "\n".join(said)), soft_wrap=True)


def _lines(step: StepRun) -> Iterator[Line]:
    style = STYLES[step.action]
    files: dict[str, int] = {change: files for change, files in step.sources.items() if files}
    quality = quality_of(step)
    figures = _figures(quality) if step.tallies else {}
    if step.action != "failed":
        figures["rows out"] = number(step.rows)
    if step.action in ("computed", "failed"):
        figures["seconds"] = f"{step.seconds:.2f}"
    yield Line(step.table, step.action, figures, files, style)
    for later in quality.later:
        if later.kept != later.rows_in:
            yield Line(
                f"  {later.label}", "", _figures(later), style="dim" if style == "dim" else ""
            )


def _figures(tally: TableQuality | Tally) -> dict[str, str]:
    fates = {fate: number(getattr(tally, fate)) for fate in FATES}
    return {"rows in": number(tally.rows_in), "kept": number(tally.kept), **fates}


def _fitting(out: Console, lines: list[Line]) -> Table:
    """The table in full, or what fits a narrow terminal: first closer together, then without columns of zeros,
    at last without seconds."""
    empty = {fate for fate in FATES if all(line.figures.get(fate, "0") == "0" for line in lines)}
    choices: list[tuple[dict[str, str], set[str]]] = [
        ({}, set()),
        (NARROW, set()),
        (NARROW, empty),
        (NARROW, {*empty, "seconds"}),
    ]
    made = table([])
    for headers, without in choices:
        made = _drawn(lines, headers, without)
        if Measurement.get(out, out.options.update(width=WIDE), made).maximum <= out.width:
            break
    return made


def _drawn(lines: list[Line], headers: dict[str, str], without: set[str]) -> Table:
    names = [name for name in FIGURES if name not in without]
    made = table([])
    if headers:
        made.padding = 0
    made.add_column("table", overflow="fold")
    made.add_column("what\nhappened" if headers else "what happened", no_wrap=True)
    for name in names:
        made.add_column(headers.get(name, name), justify="right", no_wrap=True)
    for line in lines:
        files = [
            number(n) + f" {change}" if headers else count_of(n, f"{change} file")
            for change, n in line.files.items()
        ]
        happened = Text("\n".join([line.happened, *files]), line.style)
        cells: list[RenderableType] = [plain(line.name), happened]
        cells += [_cell(name, line.figures.get(name, "")) for name in names]
        made.add_row(*cells, style="dim" if line.style == "dim" else None)
    return made


def _cell(name: str, figure: str) -> Text:
    if figure == "0":
        return Text(figure, "dim")
    return Text(figure, "yellow" if name == "quarantined" and figure else "")


def _loads(run: Run) -> Table:
    made = table(
        ["loaded", "into", "rows", "seconds", "rows/s"], right=("rows", "seconds", "rows/s")
    )
    for load in run.loads:
        if load.loaded:
            made.add_row(load.served.table, load.sink, number(load.arrived), *_pace(load))
        else:
            made.add_row(
                load.served.table, load.sink, number(load.served.rows), "there already", ""
            )
    if run.ingestion and sum(load.loaded for load in run.loads) > 1:
        made.add_row("loaded in all", "", number(run.ingestion.rows), *_pace(run.ingestion))
    return made


def _pace(done: LoadReport | Ingestion) -> tuple[str, str]:
    return f"{done.seconds:.2f}", number(round(done.rate))


def _joined(run: Run) -> Iterator[tuple[str, str]]:
    """How the rows that arrived fared among those served before, for each table that does not replace them."""
    for load in run.loads:
        served = load.served
        if load.loaded and served.former:
            fate = (
                "took the place of former ones"
                if served.mode == "merge"
                else "were there and stay as they were"
            )
            fresh = f"{number(load.arrived - load.met)} of {count_of(load.arrived, 'row')} are new"
            yield (
                served.mode,
                f"{served.table}: {fresh}, {number(load.met)} {fate}; {number(served.rows)} are served",
            )


def _remarks(run: Run) -> Iterator[tuple[str, str]]:
    for step in run.steps:
        yield from (("warning", f"{step.table}: {said}") for said in step.warnings)
        yield from (("drift", f"{step.table}: {said}") for said in step.drift)
