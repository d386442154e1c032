"""A chart as an image: PNG or SVG of its card as it is on the screen, drawn in the browser."""

from __future__ import annotations

import panel as pn
from param.parameterized import no_instance_params


@no_instance_params
class ChartImages(pn.custom.JSComponent):
    """Saves the image of a card at the event `medallion-image`, which a card's menu sends.

    Its `detail` has the element of the `card`, the Bokeh view of its `chart`, the `form` png or
    svg, and the `name` of the file. The image has the heading, legend and notes of the card, and
    below them the release and the filters of the page.
    """

    _esm = """
    const NS = "http://www.w3.org/2000/svg", PAD = 16, LINE = 16, SCALE = 2
    const make = (name, attributes, text) => {
      const element = document.createElementNS(NS, name)
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
      if (text != null) element.textContent = text
      return element
    }
    const isShown = (element) => element.getClientRects().length > 0
    // Every word at its place on the screen, so that lines are broken as they are there.
    const words = (node, origin) => {
      const style = getComputedStyle(node.parentElement), parts = []
      const look = { "font-size": style.fontSize, "font-weight": style.fontWeight,
        fill: style.color, opacity: style.opacity,
        "font-family": "Inter, Roboto, 'Segoe UI', system-ui, sans-serif" }
      for (const match of node.data.matchAll(/\\S+/g)) {
        const range = document.createRange()
        range.setStart(node, match.index)
        range.setEnd(node, match.index + match[0].length)
        const { left, top, width, height } = range.getBoundingClientRect()
        // As wide as on the screen, whatever fonts the reader of the image has.
        const fit = { textLength: width, lengthAdjust: "spacingAndGlyphs" }
        const place = { x: left - origin.left, y: top - origin.top + height * 0.78, ...fit }
        if (height) parts.push(make("text", { ...place, ...look }, match[0]))
      }
      return parts
    }
    const swatch = (element, origin) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      const fill = element.className === "scale" ? "url(#scale)" :
        getComputedStyle(element).backgroundColor
      const [x, y] = [left - origin.left, top - origin.top]
      return make("rect", { x, y, width, height, rx: 3, fill })
    }
    const scale = (color) => {
      const gradient = make("linearGradient", { id: "scale" })
      gradient.append(
        make("stop", { offset: 0, "stop-color": color, "stop-opacity": 0.1 }),
        make("stop", { offset: 1, "stop-color": color }))
      const defs = make("defs", {})
      defs.append(gradient)
      return defs
    }
    const broken = (line, most) => line.split(" ").reduce((lines, word) => {
      const longer = `${lines.at(-1)} ${word}`
      return longer.length > most ? [...lines, word] : [...lines.slice(0, -1), longer.trim()]
    }, [""]).filter(Boolean)
    const pageLines = (card, width) => {
      for (let each = card; each; each = each.parentNode ?? each.host) {
        const printed = each.querySelector?.(":scope > .printed")
        const most = Math.floor((width - 2 * PAD) / 6)
        if (printed) return [...printed.children].flatMap((each) => broken(each.textContent, most))
      }
      return []
    }
    const draw = ({ card, chart }) => {
      const origin = card.getBoundingClientRect(), style = getComputedStyle(card)
      const { width } = origin, lines = pageLines(card, width)
      const height = origin.height + lines.length * LINE + PAD / 2
      const image = make("svg", { xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}` })
      const { color } = getComputedStyle(card.querySelector("i.scale") ?? card)
      image.append(scale(color))
      image.append(make("rect", { width, height, fill: style.backgroundColor }))
      for (const part of card.children) {
        if (!isShown(part) || part.matches(".menu, .part")) continue
        if (part.matches(".content")) {
          const plot = chart.export("svg", false).ctx.get_svg()
          const { left, top } = chart.el.getBoundingClientRect()
          plot.setAttribute("x", left - origin.left)
          plot.setAttribute("y", top - origin.top)
          image.append(plot)
          continue
        }
        for (const key of part.querySelectorAll("i")) image.append(swatch(key, origin))
        const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
        while (texts.nextNode()) {
          const node = texts.currentNode
          if (!node.parentElement.matches("style")) image.append(...words(node, origin))
        }
      }
      lines.forEach((line, number) => {
        const y = origin.height + number * LINE + PAD / 2
        const look = { "font-size": "11px", fill: style.color, opacity: 0.75,
          "font-family": "Inter, Roboto, 'Segoe UI', system-ui, sans-serif" }
        image.append(make("text", { x: PAD, y, ...look }, line))
      })
      return image
    }
    const save = (blob, name) => {
      const link = document.createElement("a")
      link.href = URL.createObjectURL(blob)
      link.download = name
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 60000)
    }
    document.addEventListener("medallion-image", async ({ detail }) => {
      const image = draw(detail)
      const text = new XMLSerializer().serializeToString(image)
      const svg = new Blob([text], { type: "image/svg+xml" })
      const name = `${detail.name.replace(/[^\\p{L}\\p{N}]+/gu, "-").toLowerCase()}.${detail.form}`
      if (detail.form === "svg") return save(svg, name)
      const picture = new Image(), canvas = document.createElement("canvas")
      picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
      await picture.decode()
      canvas.width = image.getAttribute("width") * SCALE
      canvas.height = image.getAttribute("height") * SCALE
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height)
      canvas.toBlob((blob) => save(blob, name))
    })
    export function render() {
      return document.createElement("span")
    }
    """
