// A decision is made once: neither a key that stays down nor a second stroke decides the next item unseen.
"use strict";

const WAITED = 10000; // milliseconds after which an answer that never came may be asked for again
let leftAt = -Infinity;
const isLeaving = () => performance.now() - leftAt < WAITED;

document.addEventListener("keydown", (event) => {
  if (!event.repeat || event.target.matches("textarea") || (event.key !== "Enter" && !event.altKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// On the window, the last to hear of it: what a script has taken in hand leaves no page.
window.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (isLeaving()) event.preventDefault();
  else leftAt = performance.now();
});
window.addEventListener("pageshow", () => { leftAt = -Infinity; });

// What is decided needs no check any more.
for (const name of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(name, (event) => { if (isLeaving()) event.preventDefault(); });
}
