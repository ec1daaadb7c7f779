// The draft that the definition editor holds: what can be done to it, each step of which can be undone. No page in here.
"use strict";

const LEAST = 1; // points: no box is smaller
const STEPS_KEPT = 200;

export const draft = JSON.parse(document.getElementById("draft").textContent);
const past = [];

// A change in one step: what it does is done to the draft, and can be undone as a whole.
export function change(what) {
  past.push(JSON.stringify({ fields: draft.fields, rules: draft.rules }));
  if (past.length > STEPS_KEPT) past.shift();
  return what();
}

export function undo() {
  const before = past.pop();
  if (before) Object.assign(draft, JSON.parse(before));
  return Boolean(before);
}

// What is chosen, moved and listed is an item: a field, or one option of a choice.

export const itemsOn = (page) => draft.fields.filter((field) => field.page === page)
  .flatMap((field) => [{ field }, ...field.options.map((option) => ({ field, option }))]);

export const keyOf = (item) => item.option ? `${item.field.name}.${item.option.name}` : item.field.name;

export const boxOf = (item) => item.option ? item.option.box
  : item.field.options.length ? hull(item.field.options.map((option) => option.box)) : item.field.box;

const hull = (boxes) => [0, 1].map((edge) => Math.min(...boxes.map((box) => box[edge])))
  .concat([2, 3].map((edge) => Math.max(...boxes.map((box) => box[edge]))));

const rounded = (number) => Math.round(number * 100) / 100;
const clamped = (number, least, most) => Math.min(Math.max(number, least), most);
const sheet = (item) => draft.pages.find((page) => page.number === item.field.page);

export function move(item, dx, dy) {
  const box = boxOf(item), { width, height } = sheet(item);
  const right = clamped(dx, -box[0], width - box[2]), down = clamped(dy, -box[1], height - box[3]);
  for (const one of item.option || !item.field.options.length ? [item] : item.field.options.map((option) => ({ field: item.field, option }))) {
    const [x0, y0, x1, y1] = boxOf(one);
    put(one, [x0 + right, y0 + down, x1 + right, y1 + down]);
  }
}

// Moves edges by so many points: left, top, right, bottom.
export function resize(item, [left, top, right, bottom]) {
  if (!item.option && item.field.options.length) return;
  const [x0, y0, x1, y1] = boxOf(item), { width, height } = sheet(item);
  const to = [clamped(x0 + left, 0, x1 - LEAST), clamped(y0 + top, 0, y1 - LEAST)];
  put(item, [...to, clamped(x1 + right, to[0] + LEAST, width), clamped(y1 + bottom, to[1] + LEAST, height)]);
}

export function put(item, box) {
  const cells = item.option ? [] : item.field.cell_edges, [x0, , x1] = boxOf(item);
  const scale = (box[2] - box[0]) / (x1 - x0);
  (item.option || item.field).box = box.map(rounded);
  if (cells.length) item.field.cell_edges = cells.map((edge) => rounded(box[0] + (edge - x0) * scale));
}

export function splitIntoCells(field, cells) {
  const [x0, , x1] = field.box;
  field.cell_edges = cells < 1 ? [] : Array.from({ length: cells + 1 }, (_, n) => rounded(x0 + (x1 - x0) * n / cells));
  field.max_length = cells < 1 ? null : cells;
}

// A name stands in conditions and rules as well.
export function rename(field, name) {
  if (!name || name === field.name) return;
  for (const other of draft.fields)
    for (const condition of other.required_when) if (condition.field === field.name) condition.field = name;
  draft.rules = draft.rules.replace(new RegExp(`\\b${field.name}\\b`, "g"), name);
  field.name = name;
}

export function setKind(field, kind) {
  if (kind === "choice" && !field.options.length) field.options = [{ name: field.name, label: field.label, box: field.box }];
  if (kind !== "choice" && field.options.length) [field.box, field.options] = [boxOf({ field }), []];
  if (["checkbox", "choice", "signature"].includes(kind)) splitIntoCells(field, 0);
  field.kind = kind;
}

// Several check boxes become the options of one choice; the words that their names begin with are its name.
export function group(fields) {
  const [first] = fields;
  const words = fields.map((field) => field.name.split("_"));
  const differs = words[0].findIndex((word, n) => words.some((others) => others[n] !== word));
  const begin = differs < 0 ? words[0] : words[0].slice(0, differs);
  const named = (field) => field.name.split("_").slice(begin.length).join("_") || field.name;
  const options = fields.map((field) => ({ name: named(field), label: field.label, box: field.box }));
  const choice = { ...first, name: free(begin.join("_") || "choice", fields), label: first.section, kind: "choice", options };
  draft.fields[draft.fields.indexOf(first)] = choice;
  remove(fields);
  return choice;
}

export function ungroup(field) {
  const boxes = field.options.map(({ name, label, box }) =>
    ({ ...field, name: `${field.name}_${name}`, label, box, kind: "checkbox", required: "no", options: [] }));
  draft.fields.splice(draft.fields.indexOf(field), 1, ...boxes);
  return boxes;
}

export function add(page, near) {
  const { width, height } = draft.pages.find((one) => one.number === page);
  const [x0, , , y1] = near ? near.box : [width / 4, 0, 0, height / 4];
  const top = Math.min(y1 + 6, height - 16);
  const field = {
    name: free("new_field", []), label: "New field", kind: "text", page, box: [x0, top, Math.min(x0 + 150, width), top + 14].map(rounded),
    section: near ? near.section : "1", required: "no", required_when: [], critical: false, signer: null, source: null,
    max_length: null, cell_edges: [], options: [],
  };
  draft.fields.splice(near ? draft.fields.indexOf(near) + 1 : draft.fields.length, 0, field);
  return field;
}

export function remove(fields) {
  draft.fields = draft.fields.filter((field) => !fields.includes(field));
}

// A name that no field has but those that go.
function free(name, going) {
  const taken = new Set(draft.fields.filter((field) => !going.includes(field)).map((field) => field.name));
  let one = name;
  for (let number = 2; taken.has(one); number += 1) one = `${name}_${number}`;
  return one;
}

// Conditions as a person writes them: "ben_flag = true; status = a, b; other".

export const conditionsAsText = (conditions) => conditions.map(({ field, in: values }) =>
  values.length ? `${field} = ${values.join(", ")}` : field).join("; ");

export function conditionsFrom(text) {
  const value = (word) => ({ true: true, false: false })[word] ?? word;
  return text.split(";").filter((part) => part.trim()).map((part) => {
    const [field, values = ""] = part.split("=").map((side) => side.trim());
    return { field, in: values ? values.split(",").map((word) => value(word.trim())) : [] };
  });
}
