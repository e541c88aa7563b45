// Keys for those who do not use a mouse; `?` lists them, and one switch turns all of them off. At the end, since every
// screen has this file: pictures of authors, and what stands beside the names of the screens.
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
    const items = [...document.querySelectorAll("article, .alert > a")].filter((each) => each.checkVisibility());
    const at = items.indexOf(current() ?? document.activeElement);
    items[Math.max(0, Math.min(items.length - 1, at + by))]?.focus();
  }

  // The buttons of a card, or the part of a page that has them.
  function correct(part) {
    if (part?.matches("details")) part.open = true;
    part?.scrollIntoView({ block: "nearest" });
    part?.querySelector("button, input")?.focus();
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
