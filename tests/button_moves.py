"""What moves by itself on a page: boxes of buttons and links, compared from frame to frame."""

from __future__ import annotations

from typing import Any

#: Whose buttons and links are looked at; each stands in its part, or in what scrolls in it.
PARTS = (".plab-run", ".pl-sidebar", ".pl-status")

# A box is that inside of the part that holds it, without what was scrolled there: a notebook that
# shows another output above moves the part and nothing in it. The status bar is one part.
_WATCH = """([parts, until]) => {
  const seen = new Map();
  const watch = (window.plabMoves = {moved: [], boxes: 0, frames: 0, over: false});
  const placeOf = element => {
    const part = element.closest('#jp-main-statusbar') ?? element.closest(parts);
    const origin = part.getBoundingClientRect();
    const own = element.getBoundingClientRect();
    let [x, y] = [own.x - origin.x, own.y - origin.y];
    for (let holder = element.parentElement; holder !== part.parentElement;
         holder = holder.parentElement) {
      x += holder.scrollLeft;
      y += holder.scrollTop;
    }
    return [x, y].map(value => Math.round(100 * value) / 100);
  };
  const nameOf = element =>
    `${element.closest('[data-state]')?.dataset.state ?? ''} ` +
    `${element.closest(parts).className}: ` +
    (element.ariaLabel || element.innerText || element.className);
  const isThere = element =>
    element.getBoundingClientRect().width && getComputedStyle(element).visibility !== 'hidden';
  const look = () => {
    if (watch.over || (watch.over = Boolean(document.querySelector(until)))) {
      return;
    }
    watch.frames++;
    const all = parts.split(', ').map(part => `${part} :is(button, a)`).join(', ');
    for (const element of document.querySelectorAll(all)) {
      const before = seen.get(element);
      if (!isThere(element)) {
        seen.delete(element);
        continue;
      }
      const now = placeOf(element);
      if (before && before.some((value, index) => Math.abs(value - now[index]) > 0.02)) {
        watch.moved.push({what: nameOf(element), from: before, to: now, frame: watch.frames});
      }
      watch.boxes += before ? 0 : 1;
      seen.set(element, now);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def watch_moves(page: Any, until: str) -> None:
    """Look at each frame from now on, until something of the selector ``until`` is there."""
    page.evaluate(_WATCH, [", ".join(PARTS), until])


def moves(page: Any) -> tuple[int, list[str]]:
    """How many boxes were seen, and which of them moved, from where, to where."""
    found = page.evaluate("() => (plabMoves.over = true, plabMoves)")
    told = [
        f"{one['what']}: {one['from']} -> {one['to']} (frame {one['frame']})"
        for one in found["moved"]
    ]
    return found["boxes"], told
