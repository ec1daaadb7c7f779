// The page beside the form: the field in focus is lit and zoomed on; keys confirm, decide and look closer.
"use strict";

const decision = document.getElementById("decision");
const stage = document.getElementById("stage");
let zoomed = true;
let turned = 0;

const MINE = ".field:not([data-was=keyed])"; // what two people key is not written here

const fields = () => [...document.querySelectorAll(".field")];
const inputOf = (row) => row.querySelector("[id^='f-']");
const tick = (row, name) => row.querySelector(`input[name=${name}]`);
const inDoubt = (row) => ["doubt", "to_key"].includes(row.dataset.was) && !tick(row, "confirmed").checked && !tick(row, "illegible").checked;

// The page

function showPage(number) {
  for (const page of stage.querySelectorAll("svg.page")) page.toggleAttribute("hidden", page.dataset.page !== number);
  for (const blank of stage.querySelectorAll("svg.blank")) blank.toggleAttribute("hidden", !isBeside() || blank.dataset.page !== number);
  for (const thumb of document.querySelectorAll(".thumb")) {
    if (thumb.dataset.show === number) thumb.setAttribute("aria-current", "page");
    else thumb.removeAttribute("aria-current");
  }
}

function light(name) {
  for (const place of stage.querySelectorAll(".place")) place.classList.toggle("lit", place.dataset.field === name);
  const lit = stage.querySelector(".place.lit");
  const row = document.querySelector(`.field[data-field="${CSS.escape(name)}"]`);
  document.getElementById("where").textContent = row ? row.querySelector("label").textContent : "";
  if (row) showPage(row.dataset.page);
  if (lit) look(lit.closest("svg.page"), lit);
}

// What of the page is seen: all of it, or the surroundings of the lit place; of its blank the same, as large.
function look(page, lit) {
  const box = seenOf(page, lit), blank = stage.querySelector(`svg.blank[data-page="${page.dataset.page}"]`);
  page.setAttribute("viewBox", box);
  if (!blank) return;
  blank.setAttribute("viewBox", box);
  blank.querySelector(".twin").setAttribute("points", lit ? lit.getAttribute("points") : "");
}

function seenOf(page, lit) {
  const width = Number(page.dataset.width), height = Number(page.dataset.height);
  if (!zoomed || !lit || turned % 360 !== 0) return `0 0 ${width} ${height}`;
  const place = lit.getBBox(), share = isBeside() ? 0.5 : 1;
  const shownWidth = Math.min(width, Math.max(place.width * (isBeside() ? 1.1 : 1.6), width * 0.55 * share));
  const shownHeight = Math.min(height, shownWidth * stage.clientHeight / Math.max(1, stage.clientWidth * share));
  const left = Math.min(Math.max(0, place.x + place.width / 2 - shownWidth / 2), width - shownWidth);
  const top = Math.min(Math.max(0, place.y + place.height / 2 - shownHeight / 2), height - shownHeight);
  return `${left} ${top} ${shownWidth} ${shownHeight}`;
}

const isBeside = () => stage.classList.contains("beside");

function again() {
  const page = stage.querySelector("svg.page:not([hidden])");
  if (page) look(page, page.querySelector(".place.lit"));
}

const tools = {
  zoom() { zoomed = !zoomed; again(); },
  contrast() { stage.classList.toggle("contrast"); },
  blank() {
    const button = document.querySelector("[data-tool=blank]"), page = stage.querySelector("svg.page:not([hidden])");
    if (!button || !page) return;
    for (const blank of stage.querySelectorAll("svg.blank image:not([href])")) blank.setAttribute("href", blank.dataset.href);
    button.setAttribute("aria-pressed", stage.classList.toggle("beside"));
    showPage(page.dataset.page);
    again();
  },
  rotate() {
    turned = (turned + 90) % 360;
    for (const page of stage.querySelectorAll("svg.page, svg.blank")) {
      const middle = `${page.dataset.width / 2} ${page.dataset.height / 2}`;
      page.querySelector("g").setAttribute("transform", `rotate(${turned} ${middle})`);
    }
    again();
  },
};

// The fields

function mark(row) {
  const state = row.querySelector(".state");
  const illegible = tick(row, "illegible").checked, confirmed = tick(row, "confirmed").checked;
  const name = illegible ? "illegible" : confirmed ? "confirmed" : row.dataset.was === "confirmed" ? "sure" : row.dataset.was;
  state.className = `state ${name}`;
  state.textContent = { to_key: "○ to key", sure: "● sure", doubt: "◐ in doubt", confirmed: "✓ confirmed", illegible: "✕ illegible" }[name];
  row.className = `field ${name}`;
  const place = stage.querySelector(`.place[data-field="${CSS.escape(row.dataset.field)}"]`);
  if (place) place.setAttribute("class", `place ${name}${place.classList.contains("lit") ? " lit" : ""}`);
  if (document.getElementById("findings")) htmx.trigger("#findings", "written");
  countKeyed();
}

// Of a blind check: how much of it is keyed.
function countKeyed() {
  const words = document.getElementById("keyed");
  if (words) words.textContent = `${fields().length - fields().filter(inDoubt).length} of ${fields().length}`;
}

// A third person takes over what one of two others said.
function takeOver(button) {
  const row = button.closest(".field"), input = inputOf(row);
  if (input.type === "checkbox") input.checked = button.dataset.value === "yes";
  else input.value = button.dataset.value;
  tick(row, "illegible").checked = "illegible" in button.dataset;
  tick(row, "confirmed").checked = !tick(row, "illegible").checked;
  mark(row);
}

function confirmAndGoOn(row) {
  tick(row, "confirmed").checked = true;
  tick(row, "illegible").checked = false;
  mark(row);
  const rows = fields(), here = rows.indexOf(row);
  const next = [...rows.slice(here + 1), ...rows.slice(0, here)].find(inDoubt);
  if (next) inputOf(next).focus();
  else document.getElementById("accept").focus();
}

function rowInFocus() {
  const row = document.activeElement && document.activeElement.closest(".field");
  return row || document.querySelector(`.field[data-field="${CSS.escape(stage.querySelector(".lit")?.dataset.field || "")}"]`);
}

function ask(button) {
  const dialog = document.getElementById("ask");
  document.getElementById("ask-do").value = button.dataset.ask;
  const words = button.dataset.ask === "reject" ? "Reject" : "Escalate";
  document.getElementById("ask-title").textContent = `${words}: why?`;
  document.getElementById("ask-words").textContent = words;
  document.getElementById("reason").value = button.dataset.words || "";
  dialog.showModal();
  document.getElementById("reason").focus();
}

// Keys: none of a single letter, so that nothing is decided by typing.

function onKey(event) {
  const typing = event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if (event.key === "F1" || (event.key === "?" && !typing)) {
    document.getElementById("keys").showModal();
  } else if (document.querySelector("dialog[open]")) {
    if (event.key !== "Enter" || event.target.id !== "reason") return;
    document.getElementById("ask-do").click();
  } else if (event.key === "Enter" && event.ctrlKey) {
    document.getElementById("accept")?.click();
  } else if (event.key === "Enter" && event.target.closest(MINE)) {
    confirmAndGoOn(event.target.closest(MINE));
  } else if (event.altKey && !event.ctrlKey && !event.metaKey) {
    if (!onAlt(event.code.replace("Key", "").toLowerCase())) return;
  } else {
    return;
  }
  event.preventDefault();
}

function onAlt(key) {
  const other = /^digit[12]$/.test(key) && rowInFocus()?.querySelector(`[data-take="${key.slice(5)}"]`);
  const tool = { z: "zoom", t: "rotate", c: "contrast", b: "blank" }[key];
  const button = decision.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const row = rowInFocus();
  if (tool) tools[tool]();
  else if (other) takeOver(other);
  else if (key === "i" && row?.matches(MINE)) {
    const illegible = tick(row, "illegible");
    illegible.checked = !illegible.checked;
    mark(row);
  } else if (button) button.click();
  else return false;
  return true;
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.tool) tools[button.dataset.tool]();
  if (button.dataset.show) showPage(button.dataset.show);
  if (button.dataset.take) takeOver(button);
  if (button.dataset.ask) ask(button);
  if (button.dataset.jump) document.getElementById(`f-${button.dataset.jump}`)?.focus();
  if ("close" in button.dataset) button.closest("dialog").close();
}

function onChange(event) {
  const row = event.target.closest(".field");
  if (!row) return;
  if (event.target === inputOf(row)) tick(row, "confirmed").checked = true; // what a person writes they have looked at
  mark(row);
}

const arrange = document.getElementById("arrange");
arrange?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) arrange.requestSubmit();
});
if (decision && stage) {
  const edits = document.getElementById("accept") !== null;
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  decision.addEventListener("focusin", (event) => {
    const row = event.target.closest(".field");
    if (!row) return;
    light(row.dataset.field);
    if (event.target.matches("input:not([type=checkbox])")) event.target.select(); // typing replaces
    row.scrollIntoView({ block: "nearest" });
  });
  if (edits) decision.addEventListener("change", onChange);
  window.addEventListener("resize", again);
  const first = stage.querySelector("svg.page");
  if (first) showPage(first.dataset.page);
  // what a prescriber signed is judged at a glance; where that is in order, no other doubt holds the form
  const glanced = document.querySelector(".glance") !== null && document.querySelector("#verdict.good") !== null;
  const begin = edits && !glanced && (fields().find(inDoubt) || document.querySelector("[data-jump]"));
  if (begin) (begin.matches(".field") ? inputOf(begin) : document.getElementById(`f-${begin.dataset.jump}`))?.focus();
  else document.getElementById("accept")?.focus();
}
