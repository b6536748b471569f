// Roster: a shift that has the focus is moved by the arrow keys; a dialog closes when its form was carried out.
import { csrf } from "./app.js";

document.body.addEventListener("keydown", (event) => {
  const shift = event.target.closest?.("[data-line]");
  if (!shift || !["ArrowLeft", "ArrowRight"].includes(event.key) || !window.htmx) return;
  event.preventDefault();
  const by = event.key === "ArrowRight" ? shift.dataset.step : `-${shift.dataset.step}`;
  const line = shift.dataset.line;
  window.htmx.ajax("POST", shift.dataset.move, {
    target: "#roster", swap: "innerHTML", values: { line, by_minutes: by, csrf: csrf() },
  }).then(() => document.querySelector(`[data-line="${line}"]`)?.focus());
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.closest("[data-closes]") && event.detail.successful) document.getElementById("dialog").close();
});
