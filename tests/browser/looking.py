"""Look at a page as everybody may: for accessibility in light and dark, and as pictures that are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Page, expect

PICTURES = Path(__file__).parents[2] / "var" / "screenshots"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_NARROW = {"width": 375, "height": 800}
_WIDE = {"width": 1280, "height": 900}


_WANTED = {"light": _STANDARD, "dark": {"type": "rule", "values": ["color-contrast"]}}
"""In the dark only the colours are others."""
_LOOK = "(wanted) => axe.run(document, {runOnly: wanted, resultTypes: ['violations']})"
_TAKE_OUT = """() => {
  const taken = [];
  const made = (part) => [
    part.tagName, part.getAttribute("class"), ...part.getAttributeNames(), !part.textContent.trim(),
  ];
  for (const list of document.querySelectorAll("tbody, ul, ol, dl, fieldset, svg, svg g, .county-boxes > div")) {
    const seen = new Set();
    for (const one of [...list.children]) {
      const parts = [one, ...one.querySelectorAll("*")].map((part) => made(part).join());
      const kind = [...new Set(parts)].sort().join();
      if (seen.has(kind)) {
        const place = document.createComment("");
        one.replaceWith(place);
        taken.push([one, place]);
      }
      seen.add(kind);
    }
  }
  return taken;
}"""
_PUT_BACK = "(taken) => { for (const [one, place] of taken.reverse()) place.replaceWith(one); }"

_OTHER_TYPES = """() => {
  const family = (one) => getComputedStyle(one).fontFamily;
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return [...document.querySelectorAll("body *:not(script, style, svg, svg *, code, pre, .hidden)")]
    .filter((one) => says(one) && family(one) !== family(document.body) && !family(one).includes("monospace"))
    .map((one) => `${one.className}: ${one.textContent.trim().slice(0, 60)}`);
}"""
_STUCK = """() => {
  const box = ".scroll, .card, .buttons, .usa-alert, .lines, .empty, .filters";
  const is_seen = (one) => one.getBoundingClientRect().height > 1 && one.getBoundingClientRect().width > 1;
  const ends_in_box = (one) => one.matches(box) || (one.lastElementChild && ends_in_box(one.lastElementChild));
  return [...document.querySelectorAll("main :is(section, article, form, div, p, ul, h2, h3)")].flatMap((one) => {
    let next = one.nextElementSibling;
    while (next && !is_seen(next)) next = next.nextElementSibling;
    if (!next || !is_seen(one) || !(next.matches(box) || ends_in_box(one))) return [];
    const gap = next.getBoundingClientRect().top - one.getBoundingClientRect().bottom;
    return Math.abs(gap) < 2 ? [`${next.className}: ${next.textContent.trim().slice(0, 60)}`] : [];
  });
}"""


async def check_accessible(page: Page) -> None:
    """Find nothing against WCAG 2.2 AA, in light and in dark, and no page that scrolls sideways at 320 px.

    Nor words in another type than the page's, nor a table, card or row of buttons that touches what stands above it.

    Of the rows, items and shapes of a list that are made of the same elements with the same attributes, and differ in
    their words alone, axe looks at one: a long list would take most of the time, and tell the same of each row.
    """
    await page.wait_for_load_state()
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE)
    before = page.viewport_size
    await page.set_viewport_size({"width": 320, "height": 640})
    wide = await page.evaluate("document.documentElement.scrollWidth")
    if before:
        await page.set_viewport_size(before)
    other_types, stuck = await page.evaluate(_OTHER_TYPES), await page.evaluate(_STUCK)
    taken = await page.evaluate_handle(_TAKE_OUT)
    found = []
    for scheme, wanted in _WANTED.items():
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        answer: dict[str, Any] = await page.evaluate(_LOOK, wanted)
        found += [
            f"in {scheme} {one['id']}: {node['html'][:120]} {node['failureSummary'][-200:]}"
            for one in answer["violations"]
            for node in one["nodes"][:3]
        ]
    await page.emulate_media(color_scheme="light")
    await taken.evaluate(_PUT_BACK)
    assert not found, "\n".join(found)
    assert wide <= 320, f"at 320 px the page is {wide} px wide"
    assert not other_types, f"in another type: {other_types}"
    assert not stuck, f"touching what stands above: {stuck}"


async def hears_news(page: Page) -> None:
    """Wait until the page follows the news: the first thing that the stream says is what the badge shows now."""
    await expect(page.locator("#bell")).not_to_have_js_property("innerHTML", "")


async def shoot(page: Page, name: str) -> None:
    """Keep pictures under ``var/screenshots``: light, dark, as printed, and on a narrow screen.

    Only where ``HOMEWARD_SCREENSHOTS`` is set: they take more time than the tests.
    """
    if not os.environ.get("HOMEWARD_SCREENSHOTS"):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    for kind, media, size in (
        ("light", {"color_scheme": "light"}, _WIDE),
        ("dark", {"color_scheme": "dark"}, _WIDE),
        ("narrow", {"color_scheme": "light"}, _NARROW),
        ("print", {"media": "print", "color_scheme": "light"}, _WIDE),
    ):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.emulate_media(**media)  # type: ignore[arg-type]
        await page.screenshot(path=PICTURES / f"{name}-{kind}.png", full_page=True)
    await page.set_viewport_size(_WIDE)  # type: ignore[arg-type]
    await page.emulate_media(media="screen", color_scheme="light")
