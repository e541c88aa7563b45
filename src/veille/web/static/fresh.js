// Keeps a page's figures fresh: asks for the same address again, and takes its parts over while nobody is in them.
"use strict";
(() => {
  const VISIBLE_MS = 10000, HIDDEN_MS = 60000, ANSWER_MS = 10000;
  const asOf = document.querySelector("[data-as-of]");
  let timer;

  const reading = (part) => part.contains(document.activeElement) || part.contains(getSelection()?.anchorNode ?? null)
    || window.scrollY > 200;

  async function again() {
    try {
      const response = await fetch(location.href, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const shown = document.querySelector("[data-fresh]"), fresh = page.querySelector("[data-fresh]");
      if (shown && fresh && !reading(shown)) {
        const open = [...shown.querySelectorAll("details")].map((each) => each.open);
        shown.replaceWith(fresh);
        for (const [index, each] of [...fresh.querySelectorAll("details")].entries()) each.open = open[index] ?? false;
        asOf.textContent = page.querySelector("[data-as-of]").textContent;
        asOf.removeAttribute("data-stale");
      }
    } catch {
      asOf.setAttribute("data-stale", "");
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(again, document.hidden ? HIDDEN_MS : VISIBLE_MS);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); again(); } });
  plan();
})();
