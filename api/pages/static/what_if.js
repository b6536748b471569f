// What if: heads by half hour are dragged, all day at once, or typed; a slider says its value; a link is copied.
import { say } from "./app.js";

const CHANGED = new Event("input", { bubbles: true });

/** Let a group's bars be as high as their numbers, on one scale. */
function draw(group) {
  const inputs = [...group.querySelectorAll("input[name^='heads:']")];
  const most = Math.max(5, ...inputs.map((one) => Math.max(Number(one.value), Number(one.dataset.was)))) * 1.15;
  group.dataset.most = most;
  for (const one of inputs) {
    const column = one.closest("[data-column]");
    column.querySelector("[data-height]").style.height = `${(100 * Number(one.value)) / most}%`;
    column.classList.toggle("changed", one.value !== one.dataset.was);
  }
}

/** Let a bar be dragged: the number follows the pointer by whole heads from what it was. */
function drag(event) {
  const stick = event.target.closest("[data-stick]");
  if (!stick) return;
  const group = stick.closest("[data-heads]");
  const most = Number(group.dataset.most);
  const paint = (moved) => {
    const under = document.elementFromPoint(moved.clientX, stick.getBoundingClientRect().top + 2);
    const column = (under && under.closest("[data-column]")) || stick.closest("[data-column]");
    if (column.closest("[data-heads]") !== group) return;
    const input = column.querySelector("input");
    const box = stick.getBoundingClientRect();
    const wanted = ((box.bottom - moved.clientY) / box.height) * most;
    const was = Number(input.dataset.was);
    input.value = Math.max(0, was + Math.round(wanted - was));
    column.querySelector("[data-height]").style.height = `${(100 * Number(input.value)) / most}%`;
    column.classList.toggle("changed", input.value !== input.dataset.was);
  };
  const done = () => {
    stick.removeEventListener("pointermove", paint);
    stick.removeEventListener("pointerup", done);
    stick.removeEventListener("pointercancel", done);
    draw(group);
    group.querySelector("input").dispatchEvent(CHANGED);
  };
  event.preventDefault();
  stick.setPointerCapture(event.pointerId);
  stick.addEventListener("pointermove", paint);
  stick.addEventListener("pointerup", done);
  stick.addEventListener("pointercancel", done);
  paint(event);
}

function changed(event) {
  const one = event.target;
  const group = one.closest?.("[data-heads]");
  if (one.matches?.("[data-all-day]")) {
    group.querySelector("[data-all-day-says]").value = Number(one.value) > 0 ? `+${one.value}` : one.value;
    for (const input of group.querySelectorAll("input[name^='heads:']")) {
      const was = Number(input.dataset.was);
      input.value = was > 0 ? Math.max(0, was + Number(one.value)) : was;
    }
  }
  if (one.matches?.("[data-per-cent]")) one.nextElementSibling.value = `${one.value}%`;
  if (group) draw(group);
}

function begin(root) {
  for (const group of root.querySelectorAll("[data-heads]")) draw(group);
}

document.body.addEventListener("pointerdown", drag);
document.body.addEventListener("input", changed);
document.body.addEventListener("reset", (event) => {
  window.setTimeout(() => {
    for (const one of event.target.querySelectorAll("[data-per-cent], [data-all-day]")) one.dispatchEvent(CHANGED);
    begin(event.target);
    event.target.dispatchEvent(CHANGED);
  });
});
document.body.addEventListener("htmx:afterSettle", (event) => begin(event.target));
document.body.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
document.body.addEventListener("htmx:afterRequest", (event) => event.detail.target?.setAttribute("aria-busy", "false"));
document.body.addEventListener("submit", (event) => { if (event.target.id === "edits") event.preventDefault(); });
document.body.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const link = document.querySelector(button.dataset.copy);
  getSelection().selectAllChildren(link);
  try { await navigator.clipboard.writeText(link.href); } catch { document.execCommand("copy"); }
  say(link.dataset.copied);
});
begin(document);
