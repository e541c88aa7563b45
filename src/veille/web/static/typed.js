// Says under the query box what a query means, or where it goes wrong, while it is typed. The form works without.
"use strict";
(() => {
  const REST_MS = 300, ANSWER_MS = 10000;
  const box = document.getElementById("q"), typed = document.getElementById("typed");
  let timer, asking = new AbortController();

  // What is longer than its room scrolls, by keyboard too. What is said already is not said again.
  function show(fresh) {
    if (typed.innerHTML !== fresh.innerHTML) typed.replaceChildren(...fresh.childNodes);
    const fault = document.getElementById("fault");
    if (fault) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
    box.setAttribute("aria-describedby", fault ? "hint fault" : "hint");
    reach();
  }

  function reach() {
    if (typed.scrollHeight > typed.clientHeight) typed.tabIndex = 0;
    else typed.removeAttribute("tabindex");
  }

  // A redirect leads to the form for the token. What nobody has read is said to be neither right nor wrong.
  async function ask({ signal }) {
    let fresh = document.createElement("div");
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const response = await fetch(`/search/typed?${new URLSearchParams({ q: box.value })}`, { signal: within, redirect: "error" });
      if (!response.ok) throw new Error(response.status);
      fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("typed") ?? fresh;
    } catch { /* it is told when the form is sent */ }
    if (!signal.aborted) show(fresh);
  }

  box.addEventListener("input", () => {
    asking.abort();
    asking = new AbortController();
    clearTimeout(timer);
    timer = setTimeout(ask, REST_MS, asking);
  });
  window.addEventListener("resize", reach);
  reach();
})();
