"""The form of the Explore page: table, chart, measures, dimensions and filters as one component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages


@no_instance_params
class QueryForm(pn.custom.JSComponent):
    """Native controls of a query, which the browser makes reachable by keyboard and touch.

    Parameters: `tables` and `charts` as {name, label}; `columns` of the table as {name, label,
    kind, filter}, where `filter` says whether it can have one; `words` of the form; `query` is what
    is shown, as {table, chart, measures, by, filters}: measures are {text, function, column} and
    dimensions {text, form, column}. `asked` is called with the parameters of a URL when a visitor
    changes anything.
    """

    tables = param.List(default=[])
    charts = param.List(default=[])
    columns = param.List(default=[])
    words = param.Dict(default={})
    query = param.Dict(default={})

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block; width: 100% }
        form { display: grid; gap: 14px 20px; grid-template-columns: 1fr; margin: 0 0 16px;
          padding: 16px; border: 1px solid rgba(128,136,150,.32); border-radius: 10px;
          background: var(--panel-surface-color); color: var(--panel-on-surface-color);
          font: .875rem / 1.4 var(--bokeh-base-font) }
        fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; gap: 8px;
          flex-wrap: wrap; align-items: center; align-content: start; align-self: start }
        legend { padding: 0 0 6px; font-size: .75rem; opacity: .8; font-weight: 600 }
        .item { display: inline-flex; align-items: center; max-width: 100%; border-radius: 8px;
          border: 1px solid rgba(128,136,150,.5); background: var(--panel-surface-color) }
        .item.complex { padding-left: 10px }
        select, button { font: inherit; color: inherit; background: transparent; border: 0;
          border-radius: 7px; padding: 6px 8px; min-height: 34px; min-width: 0; max-width: 100%;
          cursor: pointer; text-overflow: ellipsis }
        select option { background: var(--panel-surface-color);
          color: var(--panel-on-surface-color) }
        .item select + select { border-left: 1px solid rgba(128,136,150,.32); border-radius: 0 }
        .item button { opacity: .75; padding: 6px 10px }
        .item button:hover, .add:hover { opacity: 1; background: rgba(128,136,150,.16) }
        .add { color: var(--panel-primary-color); border: 1px dashed rgba(128,136,150,.6);
          border-radius: 8px; appearance: none; padding: 6px 12px; width: max-content }
        select:focus-visible, button:focus-visible { outline: 2px solid var(--panel-primary-color) }
        @media (min-width: 900px) {
          form { grid-template-columns: repeat(12, 1fr) }
          .half { grid-column: span 6 } .whole { grid-column: span 12 }
        }
        @media print { form { display: none } }
        """
    ]
    _esm = """
    const NUMBERS = ["integer", "decimal", "float"], TIMES = ["date", "timestamp"]
    const FUNCTIONS = ["sum", "mean", "median", "min", "max", "count_distinct"]
    const FORMS = ["day", "week", "month", "quarter", "year"]
    let focused = null  // the control that is focused again in the next form
    export function render({ model }) {
      const { words } = model
      const form = document.createElement("form")
      form.setAttribute("aria-label", words.query)
      form.onsubmit = (event) => event.preventDefault()
      const ask = (changes, key) => {
        const { table, chart, measures, by, filters } = model.query
        focused = key ?? null
        const query = { table, chart, measures: measures.map((each) => each.text),
          by: by.map((each) => each.text), filters, ...changes }
        model.send_msg({ query })
      }
      const select = (key, label, options, value, changed) => {
        const element = document.createElement("select")
        element.dataset.key = key
        element.setAttribute("aria-label", label)
        for (const [name, text] of options) element.append(new Option(text, name))
        element.value = value
        element.onchange = () => changed(element.value, key)
        return element
      }
      const adder = (key, label, options, changed) => {
        const element = select(key, label, [["", `+ ${label}`], ...options], "", changed)
        element.className = "add"
        element.hidden = !options.length
        return element
      }
      const group = (title, className, ...parts) => {
        const element = document.createElement("fieldset")
        const legend = document.createElement("legend")
        legend.textContent = title
        element.className = className
        element.append(legend, ...parts)
        form.append(element)
      }
      const item = (label, parts, remove) => {
        const element = document.createElement("span"), button = document.createElement("button")
        element.className = parts.length ? "item" : "item complex"
        element.append(...(parts.length ? parts : [label]))
        button.type = "button"
        button.append("✕")
        button.setAttribute("aria-label", `${words.remove} ${label}`)
        button.onclick = remove
        element.append(button)
        return element
      }
      const kindOf = (name) => model.columns.find((each) => each.name === name)?.kind
      const labelOf = (name) => model.columns.find((each) => each.name === name)?.label ?? name
      const columns = (test) => model.columns.filter(test).map(({ name, label }) => [name, label])
      const numbers = (each) => NUMBERS.includes(each.kind)
      const fits = (name) => (each) => ["sum", "mean", "median"].includes(name) ? numbers(each)
        : each.kind !== "other"
      const replaced = (list, at, ...texts) => {
        const all = list.map((each) => each.text ?? each)
        all.splice(at, 1, ...texts)
        return all
      }
      const measure = ({ text, function: name, column }, at) => {
        const { measures } = model.query
        const set = (next, key) => ask({ measures: replaced(measures, at, next) }, key)
        const remove = () => ask({ measures: replaced(measures, at) }, "measure+")
        if (!name) return item(text, [], remove)
        const options = [["count", words.count], ...FUNCTIONS.filter(
          (each) => model.columns.some(fits(each))).map((each) => [each, words[each]])]
        const parts = [select(`measure${at}`, words.function, options, name, (next, key) => {
          const possible = model.columns.filter(fits(next))
          const same = possible.find((each) => each.name === column) ?? possible[0]
          set(next === "count" ? "count()" : `${next}(${same.name})`, key)
        })]
        if (name !== "count") parts.push(select(`column${at}`, words.column, columns(fits(name)),
          column, (next, key) => set(`${name}(${next})`, key)))
        const label = name === "count" ? words.count : `${words[name]} ${labelOf(column)}`
        return item(label, parts, remove)
      }
      const term = (form, column) => {
        if (form === "bin") return `bin(${column}, auto)`
        return form ? `${form}(${column})` : column
      }
      const usual = (column) => TIMES.includes(kindOf(column)) ? "month"
        : ["decimal", "float"].includes(kindOf(column)) ? "bin" : ""
      const dimension = ({ text, form, column }, at) => {
        const { by } = model.query
        const set = (next, key) => ask({ by: replaced(by, at, next) }, key)
        const taken = by.map((each) => each.column)
        const free = columns(({ name, kind }) => kind !== "other"
          && (name === column || !taken.includes(name)))
        const parts = [select(`by${at}`, words.dimension, free, column, (next, key) =>
          set(term(usual(next), next), key))]
        const kind = kindOf(column)
        if (TIMES.includes(kind) || NUMBERS.includes(kind)) {
          const forms = TIMES.includes(kind) ? FORMS.map((each) => [each, words[each]])
            : [["bin", words.bin]]
          parts.push(select(`form${at}`, words.form, [["", words.each], ...forms], form,
            (next, key) => set(term(next, column), key)))
        }
        return item(labelOf(column), parts, () => ask({ by: replaced(by, at) }, "by+"))
      }
      const draw = () => {
        form.replaceChildren()
        const { table, chart, measures, by, filters } = model.query
        const named = (all) => all.map(({ name, label }) => [name, label])
        const box = (element) => {
          const span = document.createElement("span")
          span.className = "item"
          span.append(element)
          return span
        }
        group(words.table, "half", box(select("table", words.table, named(model.tables), table,
          (next, key) => { focused = key; model.send_msg({ query: { table: next } }) })))
        group(words.chart, "half", box(select("chart", words.chart,
          [["", words.automatic], ...named(model.charts)], chart,
          (next, key) => ask({ chart: next }, key))))
        const first = model.columns.find(numbers)
        const more = [["count()", words.count], ...model.columns.filter(numbers).map(
          ({ name, label }) => [`sum(${name})`, `${words.sum} ${label}`]), ...model.columns.filter(
          (each) => !numbers(each) && each.kind !== "other").map(({ name, label }) =>
          [`count_distinct(${name})`, `${words.count_distinct} ${label}`])]
        const present = measures.map((each) => each.text)
        group(words.measures, "half", ...measures.map(measure), adder("measure+", words.measure,
          more.filter(([text]) => !present.includes(text)),
          (next) => ask({ measures: [...present, next] }, `measure${present.length}`)))
        const taken = by.map((each) => each.column)
        group(words.dimensions, "half", ...by.map(dimension), adder("by+", words.dimension,
          columns(({ name, kind }) => kind !== "other" && !taken.includes(name)),
          (next) => ask({ by: [...by.map((each) => each.text), term(usual(next), next)] },
            `by${by.length}`)))
        group(words.filters, "whole", ...filters.map((name, at) => item(labelOf(name),
          [labelled(labelOf(name))], () => ask({ filters: replaced(filters, at) }, "filter+"))),
          adder("filter+", words.filter, columns(({ name, filter }) => filter
            && !filters.includes(name)), (next) => ask({ filters: [...filters, next] }, "filter+")))
        const target = focused && form.querySelector(`[data-key="${focused}"]`)
        if (target) setTimeout(() => { if (target.isConnected) target.focus() }, 50)
        focused = null
      }
      const labelled = (text) => {
        const element = document.createElement("span")
        element.style.padding = "6px 0 6px 10px"
        element.textContent = text
        return element
      }
      model.on(["tables", "charts", "columns", "query"], draw)
      draw()
      return form
    }
    """

    def __init__(self, asked: Callable[[dict[str, list[str]]], None], **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **parameters)
        self._asked = asked

    def _handle_msg(self, data: dict[str, Any]) -> None:
        self._asked(url_parameters(data.get("query", {})))


def url_parameters(query: dict[str, Any]) -> dict[str, list[str]]:
    """A query as a browser sends it as parameters of a URL."""
    parameters = {
        "table": [str(query.get("table", ""))],
        "chart": [str(query.get("chart", ""))],
        "measure": [str(text) for text in query.get("measures", ())],
        "by": [str(text) for text in query.get("by", ())],
        "filter": [str(text) for text in query.get("filters", ())],
    }
    return {
        name: [text for text in texts if text] for name, texts in parameters.items() if any(texts)
    }


def form_words(say: Messages, chart: str) -> dict[str, str]:
    """The words of the form; `chart` is the label of the chart that suits the query."""
    return {
        "query": say("Query"),
        "table": say("Table"),
        "chart": say("Chart"),
        "automatic": say("Automatic ({chart})", chart=chart),
        "measures": say("Measures"),
        "measure": say("Measure"),
        "dimensions": say("Dimensions"),
        "dimension": say("Dimension"),
        "filters": say("Filters"),
        "filter": say("Filter"),
        "function": say("Function"),
        "column": say("Column"),
        "form": say("Periods or steps"),
        "remove": say("Remove"),
        "count": say("number of rows"),
        "sum": say("sum of"),
        "mean": say("mean of"),
        "median": say("median of"),
        "min": say("least"),
        "max": say("greatest"),
        "count_distinct": say("distinct"),
        "each": say("each value"),
        "bin": say("in steps"),
        "day": say("per day"),
        "week": say("per week"),
        "month": say("per month"),
        "quarter": say("per quarter"),
        "year": say("per year"),
    }
