// Keeps the Now page live: asks for what came, changed or went, and never moves what is being read.
"use strict";
(() => {
  const VISIBLE_MS = 5000, HIDDEN_MS = 30000, FIRST_MS = 1000, MORE_MS = 200, IMPATIENT_MS = 120000, JOIN_MS = 20000;
  const ANSWER_MS = 10000, SILENT_MS = 15000, STALE_MS = 30000, URGENT = 6, SPEAK_MS = 30000, MOST = 300, AT_ONCE = innerWidth < 640 ? 4 : 8, GAPS = 5, HOUR_MIN = 60;
  const list = document.getElementById("list");
  // A page whose list could not be told has nothing to keep live: it is asked for again.
  if (!list) return void setTimeout(() => location.reload(), 2 * VISIBLE_MS);
  const panel = list.closest("[data-panel]");
  const show = document.getElementById("show"), pause = document.getElementById("pause"), follow = document.getElementById("follow");
  const said = document.getElementById("said"), alarm = document.getElementById("alarm"), asOf = document.querySelector("[data-as-of]");
  const ahead = Date.parse(list.dataset.now) - Date.now();
  // Where it stood some time ago: what came since then may have found its story meanwhile.
  const positions = [[Date.now(), list.dataset.after]];
  let after = list.dataset.after, waiting = [], coming = [], lacking = [], paused = false, following = false, asked = 0, opened = Date.now(), answered = opened, judged = opened, spoken = 0, more = false, timer;

  const empty = () => list.querySelector("[data-empty]");
  // What is shown, and what comes under it in a moment, where the mark stands.
  const all = (selector) => [...list.querySelectorAll(selector), ...coming.filter((each) => each.matches(selector))];
  const find = (id) => all(`article[data-id="${CSS.escape(id)}"]`)[0];
  const mark = document.createElement("template");
  const clock = (moment) => new Date(moment + ahead).toLocaleTimeString(document.documentElement.lang,
    { hour12: false, timeZone: document.documentElement.dataset.zone });

  const alertsOf = (verdict) => [...verdict.querySelectorAll("[data-alert]")];
  const known = new Set(alertsOf(document.getElementById("verdict")).map((each) => each.dataset.alert));

  const told = (card) => card.querySelector("[data-copies]");

  // Whoever has scrolled, points at a card, has the focus in the list or has marked something in it is reading.
  const reading = () => window.scrollY > 0 || list.matches(":hover, :focus-within")
    || (!getSelection().isCollapsed && list.contains(getSelection().anchorNode));

  function reveal() {
    if (waiting.length > MOST) return location.reload();
    empty()?.remove();
    mark.before(...coming); // of a press before
    coming = waiting;
    waiting = [];
    place();
    list.prepend(mark);
    unveil();
    panel.dataset.state = "ok";
    announce();
  }

  // A screen of cards comes at once, and the others as many a frame: what is pressed need not wait for all of them.
  function unveil() {
    mark.before(...coming.splice(0, document.hidden ? coming.length : AT_ONCE));
    while (list.children.length > MOST + 1) list.lastElementChild.remove();
    if (coming.length) requestAnimationFrame(() => setTimeout(unveil)); else mark.remove();
  }

  // What was not read stands in its place in time, in words of now; a new row comes with the posts that are asked for.
  function place() {
    const cards = [...coming, ...list.querySelectorAll("article")];
    for (const row of lacking) {
      if (stands(row) || "mended" in row.dataset || all("[data-gap]").length >= GAPS) continue;
      const since = Date.parse(row.dataset.since);
      const older = cards.find((card) => Date.parse(card.querySelector("time")?.dateTime) < since), at = coming.indexOf(older);
      if (at < 0) older?.before(row); else coming.splice(at, 0, row);
    }
  }

  const stands = (row) => all(`[data-gap="${CSS.escape(row.dataset.gap)}"]`)[0];

  function announce() {
    if (waiting.length && (empty() || (following && !reading()))) return reveal();
    show.hidden = waiting.length === 0;
    if (waiting.length) show.textContent = waiting.length === 1 ? show.dataset.one : show.dataset.words.replace("{n}", waiting.length);
    if (waiting.length && Date.now() - spoken > SPEAK_MS) { said.textContent = show.textContent; spoken = Date.now(); }
  }

  // What takes a card's place is at least as high, so that what stands below stays where it is.
  function replace(shown, fill) {
    const focused = shown.contains(document.activeElement), height = shown.getBoundingClientRect().height;
    const card = fill(shown);
    card.style.minHeight = `${height}px`;
    card.style.containIntrinsicHeight = `auto ${height - 2}px`; // within its border: what is new has not been laid out yet
    if (focused) card.focus({ preventScroll: true });
  }

  const gone = () => said.dataset.removed.replace("{time}", clock(Date.now()));

  function remove(id) {
    waiting = waiting.filter((card) => card.dataset.id !== id);
    for (const line of document.querySelectorAll(`[data-quoted="${CSS.escape(id)}"]`)) line.textContent = gone();
    const shown = find(id);
    if (!shown) return;
    replace(shown, (card) => {
      const note = document.createElement("p");
      note.className = "removed";
      note.textContent = gone();
      card.removeAttribute("aria-label");
      delete card.dataset.story;
      card.replaceChildren(note);
      return card;
    });
  }

  function draw(page) {
    document.dispatchEvent(new CustomEvent("fetched", { detail: page }));
    judge(page.getElementById("verdict"));
    chart(document.getElementById("hour"), page.getElementById("hour"));
  }

  // One that the server could not tell stays as it was and says that it is old; one that lacked so far is put in whole.
  function chart(hour, fresh) {
    if (!fresh) {
      delete hour.dataset.minute; // so that the next question asks for it again
      return grow(hour);
    }
    if ("lacking" in hour.dataset) return hour.replaceWith(fresh);
    for (const part of ["h2", ".sums", ".plot", "tbody"]) {
      const shown = hour.querySelector(part);
      if (part !== "tbody" || !shown.contains(document.activeElement)) shown.replaceWith(fresh.querySelector(part));
    }
    hour.toggleAttribute("data-alone", "alone" in fresh.dataset);
    const gaps = hour.querySelector(".gaps"), others = fresh.querySelector(".gaps");
    if (gaps && others) others.open = gaps.open;
    if (gaps) gaps.remove();
    if (others) hour.querySelector(".plot").after(others);
    hour.dataset.state = fresh.dataset.state;
    delete hour.dataset.was;
    hour.dataset.minute = fresh.dataset.minute;
  }

  // The verdict is taken over while nobody has the focus in it, never lower than it was, and with one alert under it or
  // as many as it had, and a line that says how many more: they would push it out of sight. An alert that is new and urgent is said at once, once.
  function judge(fresh) {
    const shown = document.getElementById("verdict");
    if (!fresh) return doubt();
    judged = Date.now();
    if (shown.contains(document.activeElement)) return;
    const going = alertsOf(fresh), many = Math.max(1, alertsOf(shown).length);
    const urgent = going.filter((each) => !known.has(each.dataset.alert) && Number(each.dataset.severity) >= URGENT);
    for (const each of going) known.add(each.dataset.alert);
    for (const more of going.slice(many)) more.remove();
    for (const line of fresh.querySelectorAll("[data-beyond]")) line.hidden = Number(line.dataset.beyond) !== Math.min(many, going.length);
    fresh.style.minHeight = `${shown.getBoundingClientRect().height}px`;
    shown.replaceWith(fresh);
    if (urgent.length) { alarm.textContent = urgent[0].querySelector("a").textContent; }
  }

  const meant = ({ dataset: { watches } }) => !list.dataset.watch || watches.split(" ").includes(list.dataset.watch);

  // A card that is shown is redrawn in its place; the others wait. What somebody only acted upon is no news. A card that
  // stays in the document it came with would keep all of that.
  function arrive(cards) {
    const unseen = cards.map((card) => document.adoptNode(card)).filter((card) => {
      const shown = find(card.dataset.id);
      if (shown) replace(shown, () => {
        for (const fold of card.querySelectorAll(".correct")) fold.open = shown.querySelector(".correct")?.open ?? false;
        if (coming.includes(shown)) coming[coming.indexOf(shown)] = card;
        shown.replaceWith(card);
        return card;
      });
      return !shown && meant(card) && !("acted" in card.dataset && !waiting.some((each) => each.dataset.id === card.dataset.id));
    });
    const ids = new Set(unseen.map((card) => card.dataset.id));
    waiting = [...unseen, ...waiting.filter((card) => !ids.has(card.dataset.id))];
  }

  // A mention finds its story some seconds after it came. A copy of a story that has a card is no card of its own.
  function gather(joined) {
    if ("every" in list.dataset) return;
    const stories = new Map(joined.map((item) => [item.dataset.id, item.dataset.story]));
    for (const card of [...all("article[data-story]"), ...waiting]) {
      card.dataset.story = stories.get(card.dataset.id) ?? card.dataset.story;
    }
    const known = new Set(all("article[data-story]").map((card) => card.dataset.story));
    waiting = waiting.filter((card) => !known.has(card.dataset.story) && known.add(card.dataset.story));
  }

  // The room for it is kept free in every card, so that nothing moves.
  function count({ dataset: { story, value }, textContent }) {
    for (const card of [...all(`article[data-story="${CSS.escape(story)}"]`), ...waiting]) {
      const link = card.dataset.story === story && told(card);
      if (link) { link.textContent = textContent; link.dataset.value = value; link.hidden = Number(value) < 1; }
    }
  }

  // Whoever reads goes on reading where they are, whatever grows above: in the list, or else under the verdict.
  function hold(change) {
    const focused = list.contains(document.activeElement) && document.activeElement.closest("article");
    const read = focused || list.querySelector("article:hover"), brief = document.getElementById("brief");
    const held = read || brief, before = held.getBoundingClientRect().top;
    change();
    const still = held.isConnected ? held : find(held.dataset.id);
    if (!still) return;
    if (read || before > 0) window.scrollBy(0, still.getBoundingClientRect().top - before);
  }

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html"), live = page.getElementById("live");
    after = live.dataset.after;
    positions.push([Date.now(), after]);
    while (positions.length > 1 && Date.now() - positions[1][0] > JOIN_MS) positions.shift();
    more = "more" in live.dataset;
    hold(() => {
      for (const item of page.querySelectorAll("#gone li")) remove(item.dataset.id);
      arrive([...page.querySelectorAll("#arrived article")]);
      gather([...page.querySelectorAll("#joined li")]);
      waiting.length = Math.min(waiting.length, MOST + 1);
      for (const item of page.querySelectorAll("#copies li")) count(item);
      lacking = [...page.querySelectorAll("#lacking > p")];
      for (const row of lacking) stands(row)?.replaceChildren(...row.cloneNode(true).childNodes);
      if (!paused) draw(page);
    });
    const first = page.getElementById("first");
    if (first && empty()) empty().replaceWith(first);
    if (!paused) announce();
  }

  function age() {
    for (const time of list.querySelectorAll("article time")) {
      const minutes = Math.floor((Date.now() + ahead - Date.parse(time.dateTime)) / 60000);
      const past = minutes < 0 || minutes >= HOUR_MIN;
      const words = past ? time.dataset.stamp : minutes ? list.dataset.ago.replace("{n}", minutes) : list.dataset.justNow;
      if (time.textContent !== words) time.textContent = words;
    }
  }

  // An answer that comes after one that was asked for later knows less: what it shows may be gone by now.
  async function poll() {
    const number = ++asked;
    more = false;
    const query = new URLSearchParams({ after, again: positions[0][1], minute: document.getElementById("hour").dataset.minute ?? "" });
    if (empty()) query.set("empty", "true");
    if (list.dataset.watch) query.set("watch", list.dataset.watch);
    const copied = all("article[data-story]").filter((card) => told(card) && !told(card).hidden);
    if (copied.length) query.set("stories", copied.map((card) => card.dataset.story).join(" "));
    try {
      const response = await fetch(`/live?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(response.status);
      const html = await response.text();
      if (number < asked) return;
      for (const part of parts()) if (part.dataset.was) { part.dataset.state = part.dataset.was; delete part.dataset.was; }
      if (response.status === 200) take(html);
      else judged = Date.now();
      if (panel.dataset.state === "stale") { panel.dataset.state = empty() ? "empty" : "ok"; said.textContent = ""; }
      answered = Date.now();
      asOf.textContent = asOf.dataset.asOf.replace("{time}", clock(answered));
      age();
    } catch {
      if (number === asked) silent();
    }
    plan();
  }

  const parts = () => ["hour", "brief"].map((id) => document.getElementById(id)).filter(Boolean);

  function silent() {
    if (Date.now() - answered > STALE_MS) {
      for (const part of parts()) grow(part);
      doubt();
    }
    if (Date.now() - answered <= SILENT_MS || panel.dataset.state === "stale") return;
    panel.dataset.state = "stale";
    said.textContent = said.dataset.stopped.replace("{time}", clock(answered));
  }

  function grow(part) {
    if ("lacking" in part.dataset) return;
    part.dataset.was ??= part.dataset.state;
    part.dataset.state = "stale";
  }

  // A verdict that is not given any more says of when it is, and only an alert keeps its word.
  function doubt() {
    const verdict = document.getElementById("verdict"), words = verdict.querySelector(".stale");
    if (!words || verdict.dataset.state === "stale") return;
    verdict.dataset.state = "stale";
    if (verdict.dataset.verdict !== "alert") verdict.dataset.verdict = "unknown";
    words.hidden = false;
    words.textContent = verdict.dataset.staleWords.replace("{time}", clock(judged));
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(poll, more ? MORE_MS : document.hidden ? HIDDEN_MS : empty() && Date.now() - opened < IMPATIENT_MS ? FIRST_MS : VISIBLE_MS);
  }

  show.addEventListener("click", reveal);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
    if (!paused) announce();
  });
  follow.addEventListener("click", () => {
    following = !following;
    follow.setAttribute("aria-pressed", String(following));
    announce();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); poll(); } });
  plan();
})();
