// Keys for those who do not use a mouse; `?` lists them, and one switch turns all of them off.
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

  function step(by) {
    const cards = [...document.querySelectorAll("article")], at = cards.indexOf(current());
    cards[Math.max(0, Math.min(cards.length - 1, at + by))]?.focus();
  }

  // The buttons of a card, or the part of a page that has them.
  function correct(part) {
    if (part?.matches("details")) part.open = true;
    part?.scrollIntoView({ block: "nearest" });
    part?.querySelector("button, input")?.focus();
  }

  const keys = {
    "/": () => document.querySelector("[data-find]")?.focus(),
    "?": () => dialog.showModal(),
    j: () => step(1),
    k: () => step(-1),
    v: () => follow(".view"),
    n: () => press("show"),
    p: () => press("pause"),
    c: () => correct(current()?.querySelector(".correct") ?? document.getElementById("correct")),
  };

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, dialog");
    if (!on.checked || field || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches("article")) follow(".open");
    else if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });
})();
