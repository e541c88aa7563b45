// Keys for those who do not use a mouse; `?` lists them, and one switch turns all of them off. At the end, since every
// screen has this file: long tables, pictures of authors, what stands beside the names of the screens, and posts that are gone.
"use strict";
(() => {
  const dialog = document.getElementById("keys"), help = document.getElementById("help");
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());

  const current = () => document.activeElement.closest("article");
  const press = (id) => { const button = document.getElementById(id); if (button && !button.hidden) button.click(); };
  const follow = (link) => current()?.querySelector(link)?.click();

  // Cards, and the alerts of a list.
  function step(by) {
    const items = [...document.querySelectorAll("article, .alert > a")];
    let at = items.indexOf(current() ?? document.activeElement);
    if (at < 0) by = 1;
    do at += by; while (items[at] && !items[at].checkVisibility());
    (items[at] ?? current())?.focus();
  }

  // The buttons of a card, or the part of a page that has them.
  function correct(part) {
    if (part?.matches("details")) part.open = true;
    part?.scrollIntoView({ block: "nearest" });
    part?.querySelector("button, input:not([type=hidden])")?.focus();
  }

  const LEAD_MS = 1500;
  const screens = { n: "/", s: "/search", w: "/watches", a: "/alerts", q: "/questions", h: "/health" };
  let led = 0;

  function unfold(fold) {
    if (!fold) return;
    fold.open = true;
    fold.querySelector("summary").focus();
  }

  const keys = {
    "/": () => document.querySelector("[data-find]")?.focus(),
    "?": () => dialog.showModal(),
    j: () => step(1),
    k: () => step(-1),
    v: () => follow(".view"),
    n: () => press("show"),
    p: () => press("pause"),
    e: () => document.querySelector(".take")?.click(),
    s: () => unfold(document.querySelector(".save")),
    g: () => { led = Date.now(); },
    "[": () => document.querySelector("[data-step=range_back]")?.click(),
    "]": () => document.querySelector("[data-step=range_forward]")?.click(),
    "-": () => document.querySelector("[data-step=range_wider]")?.click(),
    "+": () => document.querySelector("[data-step=range_closer]")?.click(),
    c: () => correct(current()?.querySelector(".correct") ?? document.getElementById("correct")),
  };

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, dialog");
    const held = event.metaKey || ((event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph"));
    if (!on.checked || field || held) return;
    const to = Date.now() - led < LEAD_MS && screens[event.key];
    led = 0;
    if (to) location.assign(document.querySelector(`[data-screen="${to}"]`).href);
    else if (event.key === "Enter" && event.target.matches("article")) follow(".open");
    else if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });
})();

// Of a long table a screen of rows is laid out with the press that unfolds it, and the others after its paint.
(() => {
  const ROWS = 16;
  document.addEventListener("click", ({ target }) => {
    const fold = target.closest?.("summary")?.closest("details:not([open])");
    const rows = fold ? [...fold.querySelectorAll(".scroll tbody tr")].slice(ROWS) : [];
    for (const row of rows) row.hidden = true;
    if (rows.length) requestAnimationFrame(() => setTimeout(() => { for (const row of rows) row.hidden = false; }));
  });
})();

// A picture that has come hides the letter beneath it; until then, and where none comes, it is not seen itself.
(() => {
  const come = (image) => image.classList.add("come");
  document.addEventListener("load", ({ target }) => { if (target.matches?.(".initial img")) come(target); }, true);
  for (const image of document.querySelectorAll(".initial img")) if (image.naturalWidth) come(image);
})();

// Whoever fetches the page anew, or a part of it, says so: what stands beside the names of the screens is taken over.
document.addEventListener("fetched", ({ detail: page }) => {
  for (const mark of document.querySelectorAll("[data-beside]")) {
    const fresh = page.querySelector(`[data-beside="${CSS.escape(mark.dataset.beside)}"]`);
    if (fresh) mark.replaceChildren(...fresh.childNodes);
  }
});

// A post that is deleted, hidden or edited meanwhile changes in its place on every screen that shows it, and nothing
// else moves. The list of Now hears of it by itself.
(() => {
  const VISIBLE_MS = 30000, HIDDEN_MS = 60000, ANSWER_MS = 10000, MOST = 100;
  const main = document.getElementById("content");
  let whose = location.pathname.match(/^\/(?:m|authors)\/(\w+)/)?.[1], timer;

  const parts = () => [...document.querySelectorAll("article[data-version], [data-quoted]")].filter((each) => !each.closest("[data-after]"));
  const of = (name) => parts().filter(({ dataset: { id, quoted } }) => name === (id ?? quoted));

  function fill(part, children) {
    const focused = part.contains(document.activeElement);
    part.style.minHeight = `${part.getBoundingClientRect().height}px`;
    part.replaceChildren(...children);
    if (focused) part.closest("[tabindex]").focus({ preventScroll: true });
  }

  function remove(part, words) {
    const note = document.createElement(part.dataset.quoted ? "span" : "p");
    note.className = "removed";
    note.textContent = words;
    part.removeAttribute("aria-label");
    for (const name of ["version", "story", "quoted"]) delete part.dataset[name];
    fill(part, [note]);
  }

  // Whoever looks at one post, or at an author by one, is left with the note alone.
  function change(page) {
    for (const { dataset: { gone }, textContent } of page.querySelectorAll("[data-gone]")) {
      for (const part of of(gone)) remove(part, textContent);
      if (gone === whose) {
        whose = "";
        document.title = "veille";
        remove(main, textContent);
      }
    }
    for (const { dataset: { id, version }, firstElementChild } of page.querySelectorAll("article")) for (const card of of(id)) {
      card.dataset.version = version;
      fill(card.firstElementChild, firstElementChild.cloneNode(true).childNodes);
    }
  }

  async function ask() {
    try {
      const names = parts().map(({ dataset: { id, quoted, version } }) => (version ? `${id}.${version}` : quoted));
      const all = [...new Set([whose, ...names].filter(Boolean))];
      for (let at = 0; at < all.length; at += MOST) {
        const query = new URLSearchParams({ ids: all.slice(at, at + MOST).join(" ") });
        const response = await fetch(`/gone?${query}`, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "error" });
        if (response.status === 200) change(new DOMParser().parseFromString(await response.text(), "text/html"));
      }
    } catch { /* it is asked again */ }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? HIDDEN_MS : VISIBLE_MS);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  plan();
})();
