// What a browser says of a page while it is open: its largest paint, how long inputs wait for their paint, what moves.
// A move of the pointer is no interaction to the browser: it is timed to the next frame.
"use strict";
(() => {
  const noted = { paint: 0, inputs: [], shift: 0, shifted: [] };
  window.noted = noted;
  window.frame = requestAnimationFrame.bind(window);

  function look(type, take, more) {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  }
  look("largest-contentful-paint", (entry) => { noted.paint = entry.startTime; });
  look("event", (entry) => { if (entry.interactionId) noted.inputs.push(entry.duration); }, { durationThreshold: 16 });
  look("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    noted.shift += entry.value;
    noted.shifted.push(...entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName));
  });
  addEventListener("pointermove", (event) => frame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => noted.inputs.push(performance.now() - event.timeStamp);
    port2.postMessage(0);
  }), true);
})();
