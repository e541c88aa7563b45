// A button of a card is pressed without leaving the page: what is ours of the card is drawn again, and nothing moves.
"use strict";
(() => {
  const ANSWER_MS = 10000;
  const form = document.getElementById("act");

  async function act(button) {
    const card = button.closest("article"), strip = card.querySelector(".strip");
    const sent = new URLSearchParams({ do: button.value, back: `${new URL(button.formAction).pathname.replace(/act$/, "card")}` });
    const response = await fetch(button.formAction, { method: "POST", body: sent, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html"), fresh = page.querySelector(".strip");
    const copies = strip.querySelector("[data-copies]"), others = fresh.querySelector("[data-copies]");
    if (copies && others) others.replaceWith(copies);
    strip.replaceWith(fresh);
    const again = fresh.querySelector(".correct");
    again.open = true;
    again.querySelector("summary").focus();
  }

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.closest("article") || "plain" in form.dataset) return;
    event.preventDefault();
    act(button).catch(() => { form.dataset.plain = ""; form.requestSubmit(button); });
  });
})();
