// Keeps the Now page live: asks for what came, changed or went, and never moves what is being read.
"use strict";
(() => {
  const VISIBLE_MS = 5000, HIDDEN_MS = 30000, FIRST_MS = 1000, SILENT_MS = 15000, MOST = 300, SPEAK_MS = 30000;
  const list = document.getElementById("list"), show = document.getElementById("show");
  const pause = document.getElementById("pause"), said = document.getElementById("said");
  let after = list.dataset.after, waiting = [], paused = false, answered = Date.now(), spoken = 0, timer;

  const empty = () => list.querySelector("[data-empty]");
  const find = (id) => list.querySelector(`article[data-id="${CSS.escape(id)}"]`);
  const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false });

  function reveal() {
    if (empty()) empty().remove();
    list.prepend(...waiting);
    waiting = [];
    while (list.children.length > MOST) list.lastElementChild.remove();
    list.closest("[data-panel]").dataset.state = "ok";
    announce();
  }

  function announce() {
    show.hidden = waiting.length === 0;
    show.textContent = show.dataset.words.replace("{n}", waiting.length);
    if (waiting.length && Date.now() - spoken > SPEAK_MS) { said.textContent = show.textContent; spoken = Date.now(); }
  }

  function remove(id) {
    waiting = waiting.filter((card) => card.dataset.id !== id);
    const card = find(id);
    if (!card) return;
    const note = document.createElement("p");
    note.className = "removed";
    note.textContent = said.dataset.removed.replace("{time}", clock());
    card.replaceChildren(note);
  }

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html"), live = page.getElementById("live");
    after = live.dataset.after;
    document.querySelector("[data-as-of]").textContent = live.dataset.asOf;
    const opened = document.querySelector("#hour details").open;
    document.getElementById("hour").replaceWith(page.getElementById("hour"));
    document.querySelector("#hour details").open = opened;
    for (const item of page.querySelectorAll("#gone li")) remove(item.dataset.id);
    const fresh = [];
    for (const card of page.querySelectorAll("#arrived article")) {
      const shown = find(card.dataset.id);
      if (shown) shown.replaceWith(card); else fresh.push(card);
    }
    const ids = new Set(fresh.map((card) => card.dataset.id));
    waiting = [...fresh, ...waiting.filter((card) => !ids.has(card.dataset.id))].slice(0, MOST);
    if (empty() && waiting.length) reveal(); else announce();
  }

  async function poll() {
    try {
      const response = await fetch(`/live?after=${encodeURIComponent(after)}`, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(response.status);
      if (response.status === 200) take(await response.text());
      if (Date.now() - answered > SILENT_MS) said.textContent = "";
      answered = Date.now();
    } catch {
      if (Date.now() - answered > SILENT_MS) said.textContent = said.dataset.stopped.replace("{time}", clock());
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (paused) return;
    timer = setTimeout(poll, document.hidden ? HIDDEN_MS : empty() ? FIRST_MS : VISIBLE_MS);
  }

  show.addEventListener("click", reveal);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
    plan();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !paused) poll(); });
  plan();
})();
