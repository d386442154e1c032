"""Components whose children lay themselves out: style sheets alone give them their places."""

from __future__ import annotations

OWN_LAYOUT_SCRIPT = """
    // Panel 1.9.4 and Bokeh 3.9.2 lay out all charts below a component again whenever it is drawn
    // or resized, five times for a new page. Each chart does so by itself when its size changes.
    const layOutAlone = (view) => {
      view.update_layout = () => { view.update_style(); view._update_layout() }
      view.compute_layout = () => { view._update_bbox(); view._layout_computed = true }
      view._after_resize = () => {}
    }
"""
