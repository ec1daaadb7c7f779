// Sheets of crops: look-alikes, a field keyed blindly. Keys move, mark and save; none is a single letter.
"use strict";

const sheet = document.getElementById("sheet");
const tiles = () => [...document.querySelectorAll(".tile input")];
const isTyping = (target) => target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

// Look-alikes

const confirmButton = document.getElementById("confirm");
const grid = document.querySelector(".tiles");
const seenAll = () => grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 4;

// Nothing is confirmed unseen: not before the picture is there, not before the last row was on the screen.
function count() {
  const odd = tiles().filter((tile) => tile.checked).length;
  const words = seenAll() ? `Confirm ${tiles().length - odd}, next` : "Further down";
  document.getElementById("confirm-words").textContent = words;
  document.getElementById("odd-count").textContent = odd ? `${odd} odd: to the operator of its form` : "none odd";
}

function onConfirm(event) {
  if (seenAll()) return;
  event.preventDefault();
  grid.scrollBy({ top: grid.clientHeight * 0.9 });
}

function beginLookAlikes() {
  const picture = new Image();
  confirmButton.disabled = true;
  picture.addEventListener("load", () => { confirmButton.disabled = false; });
  picture.src = sheet.dataset.picture;
  sheet.addEventListener("change", count);
  grid.addEventListener("scroll", count);
  window.addEventListener("resize", count);
  confirmButton.addEventListener("click", onConfirm);
  tiles()[0]?.focus();
  count();
}

// The tile above or below is the one of the next row that lies nearest.
function neighbour(from, key) {
  const all = tiles(), here = all.indexOf(from);
  if (key === "ArrowLeft" || key === "ArrowRight") return all[here + (key === "ArrowLeft" ? -1 : 1)];
  const place = (tile) => tile.closest(".tile").getBoundingClientRect();
  const at = place(from);
  const rows = all.filter((tile) => (key === "ArrowUp" ? place(tile).top < at.top - 4 : place(tile).top > at.top + 4));
  const away = (tile) => Math.abs(place(tile).top - at.top) * 10000 + Math.abs(place(tile).left - at.left);
  return rows.sort((one, other) => away(one) - away(other))[0];
}

function showContext(tile) {
  document.getElementById("context-picture").src = tile.closest(".tile").dataset.context;
  document.getElementById("context").showModal();
}

function onTileKey(event) {
  if (event.key.startsWith("Arrow")) neighbour(event.target, event.key)?.focus();
  else if (event.key === "F2") showContext(event.target);
  else if (event.key === "Enter") confirmButton?.click();
  else return;
  event.preventDefault();
}

// A field that is keyed

const entry = document.querySelector("[data-key-in]");

function onEntryKey(event) {
  const row = entry.closest("[data-row]");
  if (event.key === "Enter") document.getElementById("save").click();
  else if (event.altKey && event.code === "KeyI") row.querySelector("[name=illegible]").click();
  else if (event.altKey && /^Digit[12]$/.test(event.code)) row.querySelector(`[data-take="${event.code.slice(5)}"]`)?.click();
  else return;
  event.preventDefault();
}

function takeOver(button) {
  if (entry.type === "checkbox") entry.checked = button.dataset.value === "yes";
  else entry.value = button.dataset.value;
  document.querySelector("[name=illegible]").checked = "illegible" in button.dataset;
  entry.focus();
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "F1" || (event.key === "?" && !isTyping(event.target))) {
    document.getElementById("keys")?.showModal();
    event.preventDefault();
  } else if (event.target.matches(".tile input")) onTileKey(event);
  else if (entry && (event.target === entry || event.altKey)) onEntryKey(event);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("close" in button.dataset) button.closest("dialog").close();
  if (button.dataset.take) takeOver(button);
});
document.addEventListener("focusin", (event) => {
  const place = event.target.closest("[data-where]"), where = document.getElementById("where");
  if (place && where) where.textContent = place.dataset.where;
});
if (confirmButton) beginLookAlikes();
entry?.focus();
