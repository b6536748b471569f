// The wall follows the service: a stream rings, the server's fragment is put in place, clocks go on in between.

import { heldFocus } from "./app.js";

const board = document.getElementById("board");
const line = document.getElementById("line");
const HEARD_WITHIN_MS = Number(board?.dataset.quiet || 8000); // a wall hears something every three seconds
const EVENTS = (board?.dataset.events || "wall").split(",");
const AGAIN_MS = 1000;

let stream = null;
let heardAt = 0;
let lostAt = null;
let offset = 0; // the service's clock less ours
let asking = false;
let rung = false;

function two(n) { return String(n).padStart(2, "0"); }

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

function clocks() {
  const now = Date.now() + offset;
  for (const one of board.querySelectorAll("[data-since]")) {
    const text = duration(now - Date.parse(one.dataset.since));
    if (one.textContent !== text) one.textContent = text;
  }
}

function readClock() {
  const at = document.getElementById("board-at");
  if (at) offset = Date.parse(at.dataset.at) - Date.now();
}

/** Leave a form as it is in which somebody may be writing; put long lists in place row by row. */
function beforeNodeMorphed(before, after) {
  if (before.id !== after.id || !before.dataset) return true;
  if (before.dataset.keep !== undefined) return false;
  if (before.dataset.rows === undefined) return true;
  rows(before, after);
  return false;
}

const served = new WeakMap(); // row → as it was served

/** Bring a list's rows up to date by their ids: what is served as before is not touched. */
function rows(before, after) {
  const there = new Map([...before.children].map((one) => [one.id, one]));
  let place = before.firstElementChild;
  for (const fresh of [...after.children]) {
    const html = fresh.outerHTML;
    let one = there.get(fresh.id);
    there.delete(fresh.id);
    if (one && served.get(one) !== html) {
      const focused = one.contains(document.activeElement);
      one.replaceWith(fresh);
      if (place === one) place = fresh;
      if (focused) fresh.querySelector("a")?.focus({ preventScroll: true });
    }
    if (!one || served.get(one) !== html) { one = fresh; served.set(one, html); }
    if (one === place || one === place?.nextElementSibling) place = one.nextElementSibling; // who is passed over comes later, or goes
    else before.insertBefore(one, place);
  }
  for (const gone of there.values()) gone.remove();
}

/** Put the present in place; what rings meanwhile asks once more. */
async function refresh() {
  if (asking) { rung = true; return; }
  asking = true;
  try {
    const answer = await fetch(board.dataset.fragment, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(5000) });
    const leads = answer.headers.get("hx-redirect");
    if (leads) { window.location.assign(`${leads}?next=${encodeURIComponent(location.pathname + location.search)}`); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    // Clocks are ours: without their reading a row that stands is served as before.
    const text = (await answer.text()).replace(/(<time class="since"[^>]*>)[^<]*/g, "$1");
    const back = heldFocus(board);
    Idiomorph.morph(board, text, { morphStyle: "innerHTML", callbacks: { beforeNodeMorphed } });
    back();
    if (board.dataset.process !== undefined) htmx.process(board);
    readClock();
    clocks();
    board.dataset.drawn = String(Number(board.dataset.drawn || 0) + 1);
    right();
  } catch {
    lost();
  } finally {
    asking = false;
    if (rung) { rung = false; refresh(); }
  }
}

function right() {
  lostAt = null;
  board.classList.remove("old");
  line.classList.remove("lost");
  if (line.textContent !== line.dataset.live) line.textContent = line.dataset.live;
}

function lost() {
  if (lostAt !== null) return;
  lostAt = new Date();
  board.classList.add("old");
  line.classList.add("lost");
  line.textContent = line.dataset.lost.replace("{time}", lostAt.toLocaleTimeString(document.documentElement.lang, { timeZone: line.dataset.zone, hourCycle: "h23" }));
}

function listen() {
  stream?.close();
  heardAt = Date.now();
  const mine = stream = new EventSource(board.dataset.stream);
  for (const kind of EVENTS) mine.addEventListener(kind, () => { heardAt = Date.now(); refresh(); });
  mine.onerror = () => {
    if (mine !== stream) return;
    mine.close();
    stream = null;
    lost();
    window.setTimeout(() => { if (stream === null) { refresh(); listen(); } }, AGAIN_MS);
  };
}

if (board && typeof Idiomorph !== "undefined") {
  readClock();
  clocks();
  listen();
  window.setInterval(() => {
    clocks();
    // A line that is cut without a word, or a machine that slept: ask anew.
    if (stream !== null && Date.now() - heardAt > (lostAt === null ? HEARD_WITHIN_MS : 2 * AGAIN_MS)) { lost(); refresh(); listen(); }
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  document.body.addEventListener("done", refresh);
  board.addEventListener("beat", () => { heardAt = Date.now(); refresh(); });
  board.addEventListener("lost", lost);
}

const large = document.getElementById("large");
if (large) {
  const set = (on) => { document.body.classList.toggle("large", on); large.setAttribute("aria-pressed", String(on)); };
  set(localStorage.getItem("large") === "1");
  large.addEventListener("click", () => {
    const on = !document.body.classList.contains("large");
    localStorage.setItem("large", on ? "1" : "0");
    set(on);
  });
}
