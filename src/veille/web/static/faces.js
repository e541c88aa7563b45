// A picture that has come hides the letter beneath it; until then, and where none comes, it is not seen itself.
"use strict";
(() => {
  const come = (image) => image.classList.add("come");
  document.addEventListener("load", ({ target }) => { if (target.matches?.(".initial img")) come(target); }, true);
  for (const image of document.querySelectorAll(".initial img")) if (image.naturalWidth) come(image);
})();
