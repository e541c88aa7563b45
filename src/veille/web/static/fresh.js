// Keeps a page's figures fresh: asks for the same address again, and takes its parts over while nobody is in them.
// While somebody is, the lines marked as parts change alone. A button marked `data-act` is done without leaving.
"use strict";
(() => {
  const HIDDEN_MS = 60000, ANSWER_MS = 10000, SILENT_MS = 15000, STALE_MS = 30000;
  const asOf = document.querySelector("[data-as-of]"), stopped = document.getElementById("stopped");
  if (!asOf) return;
  let timer, asked = 0, answered = Date.now();

  const panels = () => document.querySelectorAll("[data-fresh] [data-panel]");

  // Figures that nobody keeps fresh any more say so: first in a line, then each of them.
  function silent() {
    asOf.setAttribute("data-stale", "");
    if (Date.now() - answered <= SILENT_MS) return;
    stopped.hidden = false;
    stopped.textContent = stopped.dataset.words.replace("{time}", asOf.dataset.clock);
    if (Date.now() - answered <= STALE_MS) return;
    for (const panel of panels()) grow(panel);
  }

  function grow(panel) {
    panel.dataset.was ??= panel.dataset.state;
    panel.dataset.state = "stale";
  }

  function heard(page) {
    answered = Date.now();
    stopped.hidden = true;
    for (const panel of panels()) if (panel.dataset.was) { panel.dataset.state = panel.dataset.was; delete panel.dataset.was; }
    const fresh = page.querySelector("[data-as-of]");
    if (fresh) asOf.dataset.clock = fresh.dataset.clock;
    asOf.removeAttribute("data-stale");
  }

  const reading = (part) => part.contains(document.activeElement) || part.contains(getSelection()?.anchorNode ?? null)
    || window.scrollY > 200;

  // An answer that comes after one that was asked for later knows less: what somebody did in between would be undone.
  async function again(forced = false) {
    const number = ++asked;
    try {
      const response = await fetch(location.href, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number < asked) return;
      document.dispatchEvent(new CustomEvent("fetched", { detail: page }));
      heard(page);
      const shown = document.querySelector("[data-fresh]"), fresh = page.querySelector("[data-fresh]");
      if (shown && fresh && (forced || !reading(shown))) takeOver(shown, fresh, page);
      else if (shown && fresh) takeParts(shown, fresh);
    } catch {
      if (number === asked) silent();
    }
    plan();
  }

  function takeOver(shown, fresh, page) {
    const open = new Map([...shown.querySelectorAll("details")].map((each) => [named(each), each.open]));
    shown.replaceWith(fresh);
    for (const each of fresh.querySelectorAll("details")) each.open = open.get(named(each)) ?? each.open;
    asOf.textContent = page.querySelector("[data-as-of]").textContent;
  }

  // What tells one fold from another: its panel, and its place in it.
  function named(details) {
    const panel = details.closest("[data-panel]");
    return `${panel?.dataset.panel} ${panel ? [...panel.querySelectorAll("details")].indexOf(details) : ""}`;
  }

  function takeParts(shown, fresh) {
    for (const part of shown.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (other && part.outerHTML !== other.outerHTML && !part.contains(document.activeElement)) part.replaceWith(other);
    }
    const unknown = fresh.querySelector("[data-lacking][data-panel=list]"); // which questions are left
    for (const held of unknown ? [] : shown.querySelectorAll("[data-question]")) {
      if (!fresh.querySelector(`[data-question="${CSS.escape(held.dataset.question)}"]`)) empty(held, shown.dataset.gone);
    }
    takeLacking(shown, fresh);
  }

  const about = (part, name) => [...part.querySelectorAll(`[data-panel="${CSS.escape(name)}"], [data-of="${CSS.escape(name)}"]`)];

  // What the server could not tell stays as it was and says that it is old; what was lacking so far is put in.
  function takeLacking(shown, fresh) {
    const names = (part) => [...part.querySelectorAll("[data-lacking]")].map((each) => each.dataset.panel);
    const still = names(fresh), was = names(shown);
    for (const name of still) if (!was.includes(name)) for (const panel of about(shown, name)) grow(panel);
    for (const name of was) if (!still.includes(name)) about(shown, name)[0].replaceWith(...about(fresh, name));
  }

  // A post that is deleted is gone at once; what stands below it stays where it is.
  function empty(held, words) {
    const note = document.createElement("p");
    note.className = "removed";
    note.textContent = words;
    held.style.minHeight = `${held.getBoundingClientRect().height}px`;
    held.replaceChildren(note);
  }

  async function act(form) {
    const held = form.closest("[data-question]"), next = held?.nextElementSibling?.dataset.question;
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.ok) throw new Error(response.status);
    clearTimeout(timer);
    await again(true);
    if (next) document.querySelector(`[data-question="${CSS.escape(next)}"] article`)?.focus({ preventScroll: true });
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-act]")) return;
    event.preventDefault();
    act(event.target).catch(() => event.target.submit());
  });

  const visibleMs = () => Number(document.querySelector("[data-fresh]")?.dataset.fresh || 10) * 1000;

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(again, document.hidden ? HIDDEN_MS : visibleMs());
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); again(); } });
  plan();
})();
