// Everything that touches the page. Rows and cards are cloned from the page's own <template>s, and what comes from
// outside is put in as text: there is no way from a string to markup in here.

import { t } from "./language.js";
import { pieces } from "./sms.js";

export const byId = (id) => document.getElementById(id);

/** A copy of the template `name`, with its slots filled: [data-slot=key] gets values[key] as text. */
export function made(name, values = {}) {
  const node = byId(`t-${name}`).content.firstElementChild.cloneNode(true);
  return filled(node, values);
}

/** Fill slots. A null or empty value hides its slot. Slots whose text is the same are not touched. */
export function filled(node, values) {
  for (const [key, value] of Object.entries(values)) {
    for (const slot of slots(node, key)) {
      const text = value === null || value === undefined ? "" : String(value);
      if (slot.textContent !== text) slot.textContent = text;
      slot.hidden = text === "";
    }
  }
  return node;
}

export function slot(node, key) {
  return slots(node, key)[0];
}

function slots(node, key) {
  const inner = [...node.querySelectorAll(`[data-slot="${key}"]`)];
  return node.dataset?.slot === key ? [node, ...inner] : inner;
}

/** Make an element's children these, moving only what has to move. */
export function arrange(parent, children) {
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Make an element's children these, unless they look the same already: a link that is about to be pressed stays. */
export function replaced(parent, children) {
  const isSame = children.length === parent.children.length && children.every((child, at) => child.isEqualNode(parent.children[at]));
  if (!isSame) parent.replaceChildren(...children);
}

/** Put a text from outside into an element: isolated from its surroundings, what cannot be seen shown by its number,
 * and cut after `limit` characters with a button for the rest (or three dots when `more` is false). */
export function showText(element, text, { limit = 1000, more = true } = {}) {
  const whole = text.length <= limit;
  const shown = whole ? text : text.slice(0, limit);
  const bdi = document.createElement("bdi");
  for (const piece of pieces(shown)) {
    if (piece.text !== undefined) {
      bdi.append(piece.text);
      continue;
    }
    const ghost = document.createElement("span");
    ghost.className = "ghost";
    ghost.textContent = `‹${piece.unseen}›`;
    bdi.append(ghost);
  }
  element.replaceChildren(bdi);
  if (whole) return;
  if (!more) {
    element.append("…");
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = t("console.rest", { n: text.length });
  button.addEventListener("click", () => showText(element, text, { limit: Infinity }));
  element.append(" ", button);
}

const waiting = new Map();

/** Do something at the next frame, once for each key however often it is asked for. */
export function atNextFrame(key, work) {
  if (!waiting.size) requestAnimationFrame(runWaiting);
  waiting.set(key, work);
}

function runWaiting() {
  const now = [...waiting.values()];
  waiting.clear();
  for (const work of now) work();
}

/** A function that runs `work`, never twice at a time: who asks while it runs gets one run more after it. So a slow
 * answer delays the next question and is never thrown away for it. */
export function inTurn(work) {
  let running = false;
  let again = false;
  return async function turn() {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      running = false;
    }
  };
}

/** A function that runs `work` at most each `ms`, counted from when it was done, and once more after the last call. It
 * may be called with another pace, which holds until it is called again. */
export function paced(ms, work) {
  let timer = 0;
  let isDue = false;
  let done = -Infinity;
  let pace = ms;
  async function go() {
    isDue = false;
    await work();
    done = performance.now();
    timer = 0;
    if (isDue) start();
  }
  function start() {
    timer ||= setTimeout(go, Math.max(0, done + pace - performance.now()));
  }
  return (wait = ms) => {
    pace = wait;
    isDue = true;
    start();
  };
}

let toastTimer = 0;

/** Say something for a moment, politely; `lang` where that is not the language of the page. */
export function say(text, { bad = false, lang = "" } = {}) {
  const toast = byId("toast");
  toast.lang = lang;
  toast.textContent = text;
  toast.classList.toggle("bad", bad);
  toast.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("shown"), bad ? 8000 : 3000);
}

/** Run what a button asks for, once at a time, and say what went wrong. */
export async function run(button, work) {
  if (button?.getAttribute("aria-disabled") === "true") return undefined;
  button?.setAttribute("aria-disabled", "true");
  try {
    return await work();
  } catch (problem) {
    // What the API says it says in English.
    say(problem.message || String(problem), { bad: true, lang: problem.status ? "en" : "" });
    return undefined;
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

/** Whether the user is sure: the page's own dialog, Escape says no. */
export function confirmed(question, verb) {
  const dialog = byId("confirm");
  byId("confirm-question").textContent = question;
  byId("confirm-yes").textContent = verb;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
