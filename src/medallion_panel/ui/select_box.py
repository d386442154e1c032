"""A choice of one option, as the select element of the browser: usable by keyboard and touch."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params


@no_instance_params
class SelectBox(pn.custom.JSComponent):
    """A select element with its `label` inside its border.

    Parameters: `options` as [value, text] pairs in their order, and the `value` that is chosen.
    """

    label = param.String()
    options = param.List(default=[])
    value = param.String()

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block }
        .box { border: 1px solid rgba(128,136,150,.5); border-radius: 10px; box-sizing: border-box;
          display: block; height: 56px; padding: 7px 12px 0; position: relative }
        .box:hover { border-color: currentColor }
        .box:focus-within { outline: 2px solid var(--panel-primary-color); outline-offset: -1px }
        span { display: block; font: 400 .75rem / 1.3 var(--bokeh-base-font); opacity: .75;
          overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
        select { appearance: none; background: none; border: 0; color: inherit; cursor: pointer;
          font: 400 1rem / 1.5 var(--bokeh-base-font); inset: 0; outline: 0; overflow: hidden;
          padding: 24px 32px 6px 12px; position: absolute; text-overflow: ellipsis; width: 100% }
        option { background: var(--panel-surface-color, Canvas);
          color: var(--panel-on-surface-color, CanvasText) }
        .box::after { border: 5px solid transparent; border-top-color: currentColor; content: "";
          opacity: .6; pointer-events: none; position: absolute; right: 14px; top: 27px }
        """
    ]
    _esm = """
    export function render({ model }) {
      const box = document.createElement("label"), label = document.createElement("span")
      const select = document.createElement("select")
      box.className = "box"
      box.append(label, select)
      const fill = () => {
        label.textContent = model.label
        select.replaceChildren(...model.options.map(([value, text]) => new Option(text, value)))
        select.value = model.value
      }
      select.onchange = () => { model.value = select.value }
      model.on(["label", "options", "value"], fill)
      fill()
      return box
    }
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **parameters)
