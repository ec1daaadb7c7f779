// A notice before it goes out: keys send it, or lead back to the item; none is a single letter.
"use strict";

const words = document.getElementById("words");
const send = document.getElementById("send");
const lines = () => [...words.querySelectorAll("input:not([type=hidden]), textarea")];
const isLine = (target) => target.matches("#words input:not([type=checkbox]), #words textarea");

function onKey(event) {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "F1" || (event.key === "?" && !isLine(event.target))) document.getElementById("keys").showModal();
  else if (event.key === "Escape") document.getElementById("back").click();
  else if (event.key === "Enter" && event.ctrlKey) send.click();
  else if (event.key === "Enter" && lines().includes(event.target)) (lines()[lines().indexOf(event.target) + 1] || send).focus();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && "close" in button.dataset) button.closest("dialog").close();
});
// Who is to get it comes first where that is not known, then what it is to say; else it may go as it is.
const missing = ["to", "fax"].map((name) => words.elements[name]).find((line) => !line.value);
const silent = words.elements["says.1"].value ? null : words.elements["says.1"];
(missing || silent || send).focus();
