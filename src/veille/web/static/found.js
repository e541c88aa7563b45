// Paints what a search found in posts whose frame nothing may be written into, and what a watch matched in a mention,
// until that is switched off: the text itself stays as it is.
// And a brush on its timeline: from bar to bar with the pointer; the fields and steps of the scope do the same without.
"use strict";
(() => {
  if (!("highlights" in CSS)) return;
  const found = new Highlight(), painted = new Map(), toggle = document.getElementById("paint");
  CSS.highlights.set("found", found);

  function* stretches(text) {
    const nodes = [], walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const stretch of text.dataset.marks.trim().split(" ")) {
      const [first, last] = stretch.split("-").map(Number), range = new Range();
      let at = 0;
      for (const node of nodes) {
        const letters = [...node.data], end = at + letters.length;
        const units = (count) => letters.slice(0, count - at).join("").length;
        if (first >= at && first < end) range.setStart(node, units(first));
        if (last > at && last <= end) range.setEnd(node, units(last));
        at = end;
      }
      yield range;
    }
  }

  // Only near what is seen: whatever is typed on a page, the browser paints all of a highlight anew.
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const range of painted.get(target) ?? []) found.delete(range);
      painted.set(target, isIntersecting ? [...stretches(target)] : []);
      for (const range of painted.get(target)) found.add(range);
    }
  }, { rootMargin: "50%" });
  for (const text of document.querySelectorAll("[data-marks]")) near.observe(text);
  if (!toggle) return;
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(on));
    if (on) CSS.highlights.set("found", found); else CSS.highlights.delete("found");
  });
})();
(() => {
  const brush = document.querySelector("[data-brush] svg.bars");
  if (!brush) return;
  const bars = [...brush.querySelectorAll("a")], shade = document.createElementNS(brush.namespaceURI, "rect");
  let first = -1, last = -1, moved = false, origin = 0, boxes = [];
  shade.setAttribute("class", "brushed");
  shade.setAttribute("height", brush.getAttribute("height"));

  // Where the bars are, once a brush: asked for again after each move, the chart would be laid out for it each time.
  function measure() {
    origin = brush.getBoundingClientRect().left;
    boxes = bars.map((bar) => bar.querySelector(".hit").getBoundingClientRect());
  }

  // The nearest one, also from outside of the chart.
  function at(x) {
    const found = boxes.findIndex(({ right }) => x < right);
    return found < 0 ? bars.length - 1 : found;
  }

  function end() {
    first = -1;
    shade.remove();
  }

  brush.addEventListener("pointerdown", (event) => {
    moved = false;
    if (event.button || !event.isPrimary || event.ctrlKey || event.metaKey || event.shiftKey) return;
    measure();
    first = last = at(event.clientX);
  });
  brush.addEventListener("pointermove", (event) => {
    if (first < 0) return;
    last = at(event.clientX);
    if (last === first && !moved) return;
    if (!moved) brush.setPointerCapture(event.pointerId);
    moved = true;
    const { left } = boxes[Math.min(first, last)], { right } = boxes[Math.max(first, last)];
    shade.setAttribute("x", left - origin);
    shade.setAttribute("width", right - left);
    if (!shade.isConnected) brush.append(shade);
  });
  brush.addEventListener("pointerup", () => {
    if (first < 0 || !moved) return end();
    const ends = [bars[Math.min(first, last)], bars[Math.max(first, last)]].map((bar) => new URL(bar.href.baseVal, location.href));
    end();
    ends[0].searchParams.set("until", ends[1].searchParams.get("until"));
    location.assign(ends[0]);
  });
  brush.addEventListener("pointercancel", end);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && first >= 0) { event.stopPropagation(); end(); } }, true);
  // A link is dragged away otherwise, or followed when the brush ends on it.
  brush.addEventListener("dragstart", (event) => event.preventDefault());
  brush.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
})();
