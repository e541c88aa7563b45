// Paints what a search found in posts whose frame nothing may be written into: the text itself stays as it is.
"use strict";
(() => {
  if (!("highlights" in CSS)) return;
  const ranges = [];
  for (const text of document.querySelectorAll("[data-marks]")) {
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
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
})();
