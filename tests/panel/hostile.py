"""Texts that would run as a script if rendered as HTML, and a check that none of them did."""

from __future__ import annotations

from typing import Any

RUN = "window.stolen=1;alert(1)"

HOSTILE = (
    f"<script>{RUN}</script>",
    f"<SCRIPT >{RUN}</SCRIPT >",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&amp;lt;img src=x onerror={RUN}&amp;gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'",
    f'<IMG """><SCRIPT>{RUN}</SCRIPT>">',
    f"<img/src=x/onerror={RUN}>",
    f"<img src=x onload={RUN} onerror={RUN}> & co",
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<object data=javascript:{RUN}></object>",
    f"<embed src=javascript:{RUN}>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}><option>x</select>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<form action=javascript:{RUN}><button autofocus>x</button></form>",
    f"<a href=javascript:{RUN}>x</a>",
    f"[x](javascript:{RUN})",
    f"![x](x'onerror={RUN})",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    f"<base href=javascript:{RUN}//>",
    "<meta http-equiv=refresh content='0;url=data:text/html,<script>alert(1)</script>'>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<style>@import 'x'</style><p onmouseover={RUN}>x</p>",
    f"<xss id=x tabindex=1 onfocus={RUN}></xss>",
    (
        f"<template><img src=x onerror={RUN}></template>"
        f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>"
    ),
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"$$\\href{{javascript:{RUN}}}{{x}}$$",
    f"@{{series}}{{safe}} $name <img src=x onerror={RUN}>",
    f"javascript:/*--></title></style></textarea></script><svg/onload='{RUN}'>",
)  # fmt: skip

# Elements that can only come from a hostile text, below shadow roots too: they must not exist, even
# if the content security policy keeps them from running.
_INJECTED = """() => {
  const injected = []
  const tags = ["IFRAME", "OBJECT", "EMBED", "MARQUEE", "MATH", "XSS", "VIDEO", "AUDIO", "DETAILS",
    "FORM"]
  const url = /^(href|src|data|action)$/
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const listens = [...element.attributes].some(({ name, value }) => name.startsWith("on")
        || name === "srcdoc" || /^\\s*(javascript|data:text)/i.test(value) && url.test(name))
      const tag = element.tagName.toUpperCase()
      const script = tag === "SCRIPT" && element.textContent.includes("stolen")
      const code = tag === "DETAILS" && element.querySelector("summary") !== null
      if (listens || script || (tags.includes(tag) && !code)) {
        injected.push(element.outerHTML.slice(0, 200))
      }
      if (element.shadowRoot) walk(element.shadowRoot)
    }
  }
  walk(document)
  return injected
}"""


def nothing_ran(tab: Any) -> None:
    """Fail if a hostile text ran in a tab or became an element of its page."""
    assert tab.evaluate("window.stolen") is None
    assert tab.evaluate(_INJECTED) == []
