// What every page has: a choice takes effect at once, dialogs open and close, what was done is said.

for (const form of document.querySelectorAll("form[data-preferences]")) {
  form.addEventListener("change", (event) => {
    sessionStorage.setItem("chosen", event.target.name); // the page is loaded anew: the focus stays where one chose
    form.requestSubmit();
  });
  form.elements[sessionStorage.getItem("chosen")]?.focus({ preventScroll: true });
  sessionStorage.removeItem("chosen");
}
document.documentElement.classList.add("scripted");

/** Say something politely, for eyes and screen readers alike; it goes by itself. */
export function say(text) {
  const place = document.getElementById("says");
  place.textContent = text;
  window.clearTimeout(say.timer);
  say.timer = window.setTimeout(() => { place.textContent = ""; }, 6000);
}

/** The token that every write carries beside the cookie. */
export function csrf() {
  return document.querySelector("meta[name=csrf]").content;
}

// A dialog is filled by htmx from the server; it opens when it is filled, and closes by Escape or its own button.
const dialog = document.getElementById("dialog");
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === dialog && !dialog.open && dialog.childElementCount) dialog.showModal();
});
document.body.addEventListener("htmx:beforeSwap", (event) => {  // asked for twice from outside: the first answer is being filled in
  const { target, requestConfig } = event.detail;
  if (target === dialog && dialog.open && !dialog.contains(requestConfig.elt)) event.detail.shouldSwap = false;
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});
dialog.addEventListener("close", () => dialog.replaceChildren());
document.body.addEventListener("done", (event) => {  // HX-Trigger: {"done": "text"}
  dialog.close();
  say(event.detail.value);
});

// A link that opens in the dialog; without scripts it is a page of its own.
document.body.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || typeof htmx === "undefined") return;
  event.preventDefault();
  dialog.returnTo = link.id || link.closest("[id]")?.id;
  htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog", swap: "innerHTML" });
});
dialog.addEventListener("close", () => {  // the link may have been drawn anew meanwhile
  const place = document.getElementById(dialog.returnTo || "");
  dialog.returnTo = null;
  (place?.matches("a") ? place : place?.querySelector("a"))?.focus();
});

/** Remember where the focus is in a place that is drawn anew; what is returned brings it back: to the same control if it is still there, else to the place. */
export function heldFocus(place) {
  const before = place?.contains(document.activeElement) ? document.activeElement : null;
  const called = before && name(before);
  return () => {
    if (!before || place.contains(document.activeElement)) return;
    const same = [...place.querySelectorAll(before.tagName)].find((one) => name(one) === called && one.checkVisibility());
    if (!same && !place.hasAttribute("tabindex")) place.tabIndex = -1;
    (same || place).focus({ preventScroll: true });
  };
}

function name(one) {
  return [one.id, one.name, one.value, one.getAttribute("aria-label") || one.textContent.trim()].join("|");
}

// What was sent by a double click is sent once: a form, or a button of its own, waits for its answer and a little more.
const AGAIN_MS = 700;
const NAVIGATES_MS = 5000;
const sending = new WeakMap();  // form or button → by which of its buttons, and with what in it

/** Whether the same was sent a moment ago; what has been corrected meanwhile is something else. */
function isAgain(one, by, data) {
  const last = sending.get(one), what = new URLSearchParams(data).toString();
  if (last !== undefined && last.by === by && last.what === what) return true;
  sending.set(one, { by, what });
  return false;
}

/** Whether somebody pressed a button to write something; what is tried while one types or drags asks as often as it likes. */
function writes(event) {
  const { elt, requestConfig } = event.detail;
  return requestConfig.verb !== "get" && elt.matches("form, button") && ["submit", "click"].includes(requestConfig.triggeringEvent?.type);
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (writes(event) && isAgain(elt, requestConfig.triggeringEvent?.submitter ?? elt, requestConfig.formData)) event.preventDefault();
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  if (writes(event) && !xhr.getResponseHeader("hx-redirect")) window.setTimeout(() => sending.delete(elt), AGAIN_MS);
});
document.addEventListener("submit", (event) => {  // what htmx sends is prevented here
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.dataset.preferences !== undefined) return;
  if (isAgain(form, event.submitter, new FormData(form))) event.preventDefault();
  window.setTimeout(() => sending.delete(form), NAVIGATES_MS);
});
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(kind, () => {
    const place = document.getElementById("says");
    say(place.dataset.unreachable);
  });
}

// A job that was begun here stands in the address: a page that is loaded anew goes on with it.
document.body.addEventListener("htmx:afterSettle", () => {
  const job = document.querySelector("[data-job]")?.dataset.job;
  const here = new URL(window.location);
  if (!job || here.searchParams.get("job") === job) return;
  here.searchParams.set("job", job);
  window.history.replaceState(null, "", here);
});

let back = null;
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;  // which may go itself: then its place is what holds it
  back = heldFocus(target.closest("dialog") || target.closest("[aria-live]") || target);
});
document.body.addEventListener("htmx:afterSwap", () => { back?.(); back = null; });
