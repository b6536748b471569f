// The desk says that it lives: who begins to and falls silent gets no more offers.
import { csrf } from "./app.js";

const board = document.getElementById("board");
const BEAT_MS = 10000;

async function beat() {
  try {
    const answer = await fetch(board.dataset.heartbeat, { method: "POST", headers: { "X-CSRF-Token": csrf() }, signal: AbortSignal.timeout(5000) });
    if (answer.status < 500) board.dispatchEvent(new Event("beat")); // 404: signed out, which is no trouble
    else board.dispatchEvent(new Event("lost"));
  } catch {
    board.dispatchEvent(new Event("lost"));
  }
}

window.setInterval(beat, BEAT_MS);
// What was written and kept is there for the next no more: the field is free for another note.
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  for (const one of event.target.closest("form")?.querySelectorAll("input[type=text]") || []) one.value = "";
});
document.body.addEventListener("done", () => document.getElementById("problem").replaceChildren());
