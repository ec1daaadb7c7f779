// The definition editor: boxes on the page, the list beside it, what the chosen field means, a trial, and saving.
"use strict";

import * as steps from "./forms_editor_draft.js";

const { draft, boxOf, keyOf } = steps;
const find = (id) => document.getElementById(id);
const editor = find("editor"), stage = find("stage"), list = find("fields");
const ofField = find("field").elements, ofForm = find("form").elements;
const address = `/forms/${editor.dataset.form}`;
const SVG = "http://www.w3.org/2000/svg";
const BY_ARROW = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const READ_AGAIN = 900; // milliseconds after the last change, where a fax lies there to be tried

let page = draft.pages[0].number;
let chosen = ""; // the key of the item that is worked on
let marked = new Set(); // the names of fields that are marked
let fax = { laid: false, beneath: null, values: {}, stale: false, count: 0 };
let view, boxes, timer;

const items = () => steps.itemsOn(page);
const item = () => items().find((one) => keyOf(one) === chosen);
const markedFields = () => draft.fields.filter((field) => marked.has(field.name));

// One change, and everything that shows it.
function change(what) {
  steps.change(what);
  fax.stale = true;
  show();
  if (fax.laid) {
    clearTimeout(timer);
    timer = setTimeout(readFax, READ_AGAIN);
  }
}

function choose(one) {
  chosen = one ? keyOf(one) : "";
  if (one && one.field.page !== page) page = one.field.page;
  show();
}

// The page

function drawn(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}

function buildStage() {
  const { width, height } = draft.pages.find((one) => one.number === page);
  stage.replaceChildren();
  view = drawn("svg", { class: "page", tabindex: 0, role: "application", "aria-label": "Box of the field: arrows move it", "data-page": page }, stage);
  view.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawn("image", { href: `${address}/pages/${page}.png`, width, height }, view);
  const under = fax.beneath?.[page];
  if (under && find("beneath").checked) {
    const [a, b, c, d, e, f] = under.to_blank;
    drawn("rect", { width, height, fill: "#fff" }, view);
    drawn("image", { href: `${address}/fax/${under.number}.png?${fax.count}`, width: under.width, height: under.height, transform: `matrix(${[a, d, b, e, c, f].join(" ")})` }, view);
  }
  boxes = drawn("g", {}, view);
}

function showBoxes() {
  boxes.replaceChildren();
  for (const one of items()) {
    const [x0, y0, x1, y1] = boxOf(one), isChosen = keyOf(one) === chosen, isHull = !one.option && one.field.options.length > 0;
    const names = ["box", one.field.kind, isHull && "hull", isChosen && "chosen", marked.has(one.field.name) && "marked"];
    const grown = isHull ? 2 : 0;
    drawn("rect", { x: x0 - grown, y: y0 - grown, width: x1 - x0 + 2 * grown, height: y1 - y0 + 2 * grown, class: names.filter(Boolean).join(" "), "data-key": keyOf(one) }, boxes);
    if (!one.option) for (const edge of one.field.cell_edges.slice(1, -1)) drawn("line", { x1: edge, x2: edge, y1: y0, y2: y1, class: "upright" }, boxes);
  }
  const one = item();
  if (!one) return;
  const [x0, y0, x1, y1] = boxOf(one), pixel = 1 / (view.getScreenCTM()?.a || 1); // in points, so that they look the same at every zoom
  drawn("text", { x: x0, y: y0 - 7 * pixel, class: "name", "font-size": 13 * pixel, "stroke-width": 3 * pixel }, boxes).textContent = keyOf(one);
  if (one.option || !one.field.options.length)
    for (const [edges, x, y] of [[[1, 1, 0, 0], x0, y0], [[0, 1, 1, 0], x1, y0], [[1, 0, 0, 1], x0, y1], [[0, 0, 1, 1], x1, y1]])
      drawn("circle", { cx: x, cy: y, r: 5 * pixel, "stroke-width": 1.5 * pixel, class: "handle", "data-edges": edges.join() }, boxes);
}

function look() {
  const one = find("zoom").checked && item(), { width, height } = draft.pages.find((sheet) => sheet.number === page);
  const [x0, y0, x1, y1] = one ? boxOf(one) : [0, 0, width, height];
  const wide = one ? Math.min(width, Math.max((x1 - x0) * 1.5, width / 2)) : width;
  const high = one ? Math.min(height, wide * stage.clientHeight / Math.max(1, stage.clientWidth)) : height;
  const left = Math.min(Math.max(0, (x0 + x1 - wide) / 2), width - wide), top = Math.min(Math.max(0, (y0 + y1 - high) / 2), height - high);
  view.setAttribute("viewBox", `${left} ${top} ${wide} ${high}`);
}

function inPoints(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(view.getScreenCTM().inverse());
  return [point.x, point.y];
}

function onPointerDown(event) {
  const handle = event.target.closest(".handle"), box = event.target.closest(".box");
  if (!handle && !box) return;
  if (box) {
    const one = items().find((other) => keyOf(other) === box.dataset.key);
    if (event.shiftKey || event.ctrlKey) return mark(one.field);
    choose(one);
  }
  const edges = handle?.dataset.edges.split(",").map(Number);
  const [x, y] = inPoints(event), moved = item(), from = [...boxOf(moved)];
  let isFirst = true;
  const drag = (now) => {
    const [toX, toY] = inPoints(now), [x0, y0] = boxOf(moved);
    const step = () => {
      if (edges) {
        const to = from.map((edge, n) => edge + edges[n] * (n % 2 ? toY - y : toX - x));
        steps.resize(moved, boxOf(moved).map((edge, n) => to[n] - edge));
      } else steps.move(moved, from[0] + toX - x - x0, from[1] + toY - y - y0);
    };
    if (isFirst) change(step);
    else { step(); showBoxes(); }
    isFirst = false;
  };
  const drop = () => {
    document.removeEventListener("pointermove", drag);
    document.removeEventListener("pointerup", drop);
    show();
  };
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  event.preventDefault();
  view.focus();
}

// The list

function showList() {
  list.replaceChildren(...items().map((one, number) => {
    const row = document.createElement("div"), read = !one.option && fax.values[one.field.name];
    row.id = `item-${number}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(!one.option && marked.has(one.field.name)));
    row.className = `row${one.option ? " option" : ""}${keyOf(one) === chosen ? " chosen" : ""}`;
    row.dataset.key = keyOf(one);
    const name = document.createElement("b"), kind = document.createElement("span");
    name.textContent = one.option ? one.option.name : one.field.name;
    kind.className = "kind";
    kind.textContent = one.option ? "" : one.field.kind.replace("_", " ") + (one.field.required === "no" ? "" : " *");
    row.append(name, kind);
    if (!one.option && one.field.unsure) {
      const mark = document.createElement("span");
      mark.className = "value doubt";
      mark.textContent = "unsure";
      mark.title = one.field.unsure;
      row.append(mark);
    }
    if (read) {
      const value = document.createElement("span");
      value.className = `value ${read.doubtful ? "doubt" : "sure"}${fax.stale ? " stale" : ""}`;
      value.textContent = read.value || (read.state === "empty" ? "empty" : read.state);
      row.append(value);
    }
    return row;
  }));
  const row = [...list.children].find((one) => one.dataset.key === chosen);
  if (row) list.setAttribute("aria-activedescendant", row.id);
  else list.removeAttribute("aria-activedescendant");
  row?.scrollIntoView({ block: "nearest" });
}

function mark(field) {
  if (!marked.delete(field.name)) marked.add(field.name);
  show();
}

// What the field means

function showField() {
  const one = item();
  find("nothing").hidden = Boolean(one);
  find("of-field").hidden = !one;
  if (!one) return;
  const { field, option } = one, named = option || field;
  ofField.name.value = named.name;
  ofField.label.value = named.label;
  ofField.kind.value = field.kind;
  ofField.section.value = field.section;
  ofField.required.value = field.required;
  ofField.required_when.value = steps.conditionsAsText(field.required_when);
  ofField.signer.value = field.signer || "";
  ofField.critical.checked = field.critical;
  boxOf(one).forEach((edge, n) => { ofField[["x0", "y0", "x1", "y1"][n]].value = edge; });
  ofField.cells.value = Math.max(0, field.cell_edges.length - 1);
  find("cells-of").hidden = Boolean(option) || ["checkbox", "choice", "signature"].includes(field.kind);
  find("unsure").hidden = Boolean(option) || !field.unsure;
  find("doubt").textContent = field.unsure || "";
  const read = fax.values[field.name];
  find("reads").textContent = read ? `Reads: ${read.value || read.state}, ${read.percent} %${read.doubtful ? `, in doubt (${read.why})` : ""}${fax.stale ? " - before the last change" : ""}` : "";
}

const EDITS = {
  name: ({ field, option }, value) => option ? (option.name = value) : steps.rename(field, value),
  label: ({ field, option }, value) => { (option || field).label = value; },
  kind: ({ field }, value) => steps.setKind(field, value),
  section: ({ field }, value) => { field.section = value; },
  required: ({ field }, value) => { field.required = value; },
  required_when: ({ field }, value) => { field.required_when = steps.conditionsFrom(value); },
  signer: ({ field }, value) => { field.signer = value || null; },
  cells: ({ field }, value) => steps.splitIntoCells(field, Math.min(60, Math.max(0, Math.round(Number(value))))),
};

function onEdit(event) {
  const one = item(), { name, value, checked } = event.target;
  const edge = ["x0", "y0", "x1", "y1"].indexOf(name);
  if (!one) return;
  change(() => {
    if (name === "critical") one.field.critical = checked;
    else if (edge >= 0) steps.resize(one, boxOf(one).map((was, n) => n === edge ? Number(value) - was : 0));
    else EDITS[name](one, value.trim());
    one.field.unsure = null; // somebody has looked at it
    chosen = keyOf(one);
  });
}

// What buttons and keys do

const actions = {
  add: () => change(() => { chosen = steps.add(page, item()?.field).name; }),
  remove() {
    const going = marked.size ? markedFields() : [item()?.field].filter(Boolean);
    const [here] = going.map((field) => items().findIndex((one) => one.field === field));
    if (going.length) change(() => { steps.remove(going); marked = new Set(); chosen = ""; });
    if (items().length && here >= 0) choose(items()[Math.min(here, items().length - 1)]);
  },
  group() {
    const grouped = markedFields();
    if (grouped.length < 2 || grouped.some((field) => field.kind !== "checkbox" || field.page !== page)) return tell("Mark two or more check boxes of this page first.");
    change(() => { chosen = steps.group(grouped).name; marked = new Set(); });
    return tell(`Grouped as ${chosen}.`);
  },
  ungroup() {
    const field = item()?.field;
    if (!field?.options.length) return tell("Choose a choice first.");
    return change(() => { chosen = steps.ungroup(field)[0].name; });
  },
  confirm() {
    const field = item()?.field;
    if (field?.unsure) change(() => { field.unsure = null; });
  },
  undo() {
    if (!steps.undo()) tell("There is nothing to undo.");
    if (!item()) chosen = "";
    fax.stale = true;
    show();
  },
  "show-keys": () => find("keys").showModal(),
};

function step(by) {
  const all = items(), here = all.findIndex((one) => keyOf(one) === chosen);
  choose(all[Math.min(Math.max(here + by, 0), all.length - 1)]);
}

function onListKey(event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Home") choose(items()[0]);
  else if (event.key === "End") choose(items().at(-1));
  else if (event.key === " " && item()) mark(item().field);
  else if (event.key === "Enter" && item()) view.focus();
  else if (event.key === "Delete") actions.remove();
  else return;
  event.preventDefault();
}

function onStageKey(event) {
  const one = item(), arrow = BY_ARROW[event.key], by = event.shiftKey ? 10 : 1;
  if (arrow && one && event.ctrlKey) change(() => steps.resize(one, [0, 0, arrow[0] * by, arrow[1] * by]));
  else if (arrow && one && !event.altKey) change(() => steps.move(one, arrow[0] * by, arrow[1] * by));
  else if (event.key === "Enter" && one) ofField.name.focus();
  else if (event.key === "Delete") actions.remove();
  else if (event.key === "Escape") list.focus();
  else return;
  event.preventDefault();
}

// The server

async function ask(what, content) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ token: editor.dataset.token, ...content })) body.append(name, value);
  const answer = await fetch(`${address}/${what}`, { method: "POST", body });
  if (answer.headers.get("content-type")?.startsWith("application/json")) return [answer.ok, await answer.json()];
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main")?.textContent.trim();
  return [false, { says: answer.redirected ? "You are logged out: log in in another window, then try again." : told || "The station did not answer as it should." }];
}

const asSent = () => {
  const value = (name) => ofForm[name].value.trim();
  const head = { ...draft.head, replaces: ofForm.corrects.checked ? editor.dataset.form : null, in_use_to: value("in_use_to") || null };
  for (const name of ["form_id", "title", "code", "revision", "in_use_from", "fax_number", "source", "programme"]) head[name] = value(name);
  return JSON.stringify({ ...draft, head });
};

async function layFax(event) {
  event.preventDefault();
  const { file, document: waiting } = find("trial").elements, content = file.files[0] ? { file: file.files[0] } : { document: waiting?.value || "" };
  tellTrial("Reading …");
  const [ok, answer] = await ask("fax", content);
  if (!ok) return tellTrial(answer.says, true);
  fax = { ...fax, laid: true, pages: answer.pages, count: fax.count + 1 };
  return readFax();
}

async function readFax() {
  const asked = fax.asked = Symbol("the newest question");
  tellTrial("Reading …");
  const [ok, answer] = await ask("try", { draft: asSent() });
  if (asked !== fax.asked) return;
  if (!ok) { refuse(find("tried"), answer); return; }
  const known = answer.pages.filter((one) => one.to_blank && one.form_page);
  fax.beneath = Object.fromEntries(known.map((one) => [one.form_page, { ...one, ...fax.pages.find((sheet) => sheet.number === one.number) }]));
  Object.assign(fax, { values: answer.values, stale: false });
  find("beneath").disabled = !known.length;
  find("beneath").checked = known.length > 0;
  const doubts = Object.values(answer.values).filter((read) => read.doubtful).length;
  const lines = [answer.error, ...answer.pages.map((one) => `Page ${one.number}: ${one.says}${one.residual === null ? "" : `, ${one.residual.toFixed(2)} points off`}.`),
    `${Object.keys(answer.values).length} fields read, ${doubts} in doubt.`, ...answer.findings.map((one) => `${one.rule}: ${one.says}`)];
  tellTrial(lines.filter(Boolean).join("\n"), !known.length);
  buildStage();
  show();
}

async function save(event) {
  event.preventDefault();
  const [ok, answer] = await ask("save", { draft: asSent() });
  if (!ok) { refuse(find("saved"), answer); return; }
  const link = document.createElement("a");
  link.href = `/forms/${answer.form_id}`;
  link.textContent = answer.form_id;
  find("saved").className = "notice good";
  find("saved").replaceChildren("Saved as ", link, ". What comes from now on is read with it.");
}

// A fault names its key: where that is a field, the field is chosen.
function refuse(where, { key = "", says }) {
  where.className = "notice bad";
  where.textContent = says;
  const [, name] = /^fields\.([a-z0-9_]+)/.exec(key) || [];
  const field = draft.fields.find((one) => one.name === name);
  if (field) { page = field.page; find("page").value = page; buildStage(); choose({ field }); }
}

function tell(words) { find("said").textContent = words; }

function tellTrial(words, bad = false) {
  find("tried").className = bad ? "notice bad" : "notice";
  find("tried").textContent = words;
}

// All together

function show() {
  ofForm.rules.value = draft.rules;
  look();
  showBoxes();
  showList();
  showField();
}

function begin() {
  find("page").append(...draft.pages.map((one) => new Option(`${one.number} of ${draft.pages.length}`, one.number)));
  for (const [name, value] of Object.entries(draft.head)) if (ofForm[name]) ofForm[name].value = value ?? "";
  ofForm.form_id.value = `${draft.head.form_id.replace(/_r\d+$/, "")}_r${Number(/_r(\d+)$/.exec(draft.head.form_id)?.[1] || 1) + 1}`;
  ofForm.corrects.checked = true;
  ofForm.rules.value = draft.rules;
  ofForm.rules.addEventListener("change", () => steps.change(() => { draft.rules = ofForm.rules.value; }));
  for (const name of Object.keys(actions)) find(name).addEventListener("click", () => { tell(""); actions[name](); });
  find("page").addEventListener("change", () => { page = Number(find("page").value); chosen = ""; buildStage(); show(); });
  find("zoom").addEventListener("change", show);
  find("beneath").addEventListener("change", () => { buildStage(); show(); });
  find("field").addEventListener("change", onEdit);
  find("field").addEventListener("submit", (event) => event.preventDefault());
  find("trial").addEventListener("submit", layFax);
  find("form").addEventListener("submit", save);
  list.addEventListener("keydown", onListKey);
  list.addEventListener("click", (event) => {
    const one = items().find((other) => keyOf(other) === event.target.closest(".row")?.dataset.key);
    if (one && (event.ctrlKey || event.shiftKey)) mark(one.field);
    else if (one) choose(one);
  });
  stage.addEventListener("keydown", onStageKey);
  stage.addEventListener("pointerdown", onPointerDown);
  document.addEventListener("keydown", (event) => {
    if (event.key === "F1") find("keys").showModal();
    else if (event.ctrlKey && event.key === "z" && !event.target.matches("input:not([type=checkbox]), textarea")) actions.undo();
    else return;
    event.preventDefault();
  });
  window.addEventListener("resize", show);
  buildStage();
  choose(items()[0]);
}

begin();
