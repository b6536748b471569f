// Roster: a shift is dragged to another day or person, or, with the focus, moved by the arrow keys; a dialog closes when
// its form was carried out.
import { csrf } from "./app.js";

let dragged = null;

function move(shift, values) {
  const line = shift.dataset.line;
  return window.htmx.ajax("POST", shift.dataset.move, {
    target: "#roster", swap: "innerHTML", values: { line, csrf: csrf(), ...values },
  }).then(() => document.querySelector(`[data-line="${line}"]`)?.focus());
}

document.body.addEventListener("keydown", (event) => {
  const shift = event.target.closest?.("[data-line]");
  if (!shift || !["ArrowLeft", "ArrowRight"].includes(event.key) || !window.htmx) return;
  event.preventDefault();
  move(shift, { by_minutes: event.key === "ArrowRight" ? shift.dataset.step : `-${shift.dataset.step}` });
});

document.body.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-line]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.innerText);
});

function cell(event) {
  return dragged && window.htmx ? event.target.closest?.("[data-person]") : null;
}

document.body.addEventListener("dragover", (event) => {
  const here = cell(event);
  document.querySelectorAll(".over").forEach((one) => one.classList.toggle("over", one === here));
  if (!here) return;
  event.preventDefault();  // it may be dropped here
  here.classList.add("over");
});

document.body.addEventListener("drop", (event) => {
  const here = cell(event);
  if (!here) return;
  event.preventDefault();
  move(dragged, { date: here.dataset.date, person: here.dataset.person });
});

document.body.addEventListener("dragend", () => {
  dragged = null;
  document.querySelectorAll(".over").forEach((one) => one.classList.remove("over"));
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest("[data-closes]");
  if (!form || !event.detail.successful) return;
  document.getElementById("dialog").close();
  const place = document.getElementById("roster");  // the shift was drawn anew, or taken away: then any
  (place.querySelector(`[data-line="${form.elements.line.value}"]`) || place.querySelector("[data-line]"))?.focus();
});
