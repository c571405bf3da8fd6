// The phone: one subscriber's thread, as the handset shows it, and a text to be sent.

import { get, post, query } from "./api.js";
import { arrange, byId, filled, inTurn, made, paced, replaced, run, showText, slot } from "./dom.js";
import { t } from "./language.js";
import { FLOOD_MS, onEvents } from "./live.js";
import { measure } from "./sms.js";
import { emulatedNow, fullTime, stateWords, timeOfDay } from "./words.js";

const MOST = 100;
const FIRST = "79991110001";

export function phone(gateway) {
  const thread = byId("thread");
  const field = byId("text");
  const bubbles = new Map();
  const people = new Map();
  const drafts = new Map();
  let isShown = false;
  let number = "";

  function show([wanted]) {
    isShown = true;
    if (!byId("to").value && gateway.status) byId("to").value = gateway.status.short_code;
    if (!number) loadPeople();
    const chosen = wanted || number || FIRST;
    if (chosen !== number) {
      drafts.set(number, field.value);
      number = chosen;
      field.value = drafts.get(number) ?? "";
      bubbles.clear();
      thread.replaceChildren();
      count();
    }
    byId("phone-title").textContent = `+${number}`;
    byId("phone-link").href = `#accounts/${number}`;
    remember({ number });
    drawPeople();
    load();
    loadAccount();
  }

  // --- who there is ---

  async function loadPeople() {
    const { items } = await get(`/api/v1/handsets${query({ limit: 50 })}`).catch(() => ({ items: [] }));
    for (const one of items) remember({ number: one.msisdn, note: one.has_account ? "" : t("phone.no_account_note"), last: told(one) });
    drawPeople();
  }

  const told = ({ messages, last_at: at }) =>
    messages ? t("phone.last_at", { n: messages, time: timeOfDay(at, emulatedNow(gateway)) }) : t("phone.no_texts");

  function remember(person) {
    people.set(person.number, { ...people.get(person.number), ...person });
  }

  function drawPeople() {
    const known = [...people.values()];
    replaced(byId("known"), known.map(({ number: value }) => Object.assign(document.createElement("option"), { value })));
    const nodes = known.map((person) => {
      const node = made("person", { number: `+${person.number}`, note: person.note ?? "" });
      const last = slot(node, "last");
      showText(last, person.last ?? t("phone.no_texts"), { limit: 60, more: false });
      const link = node.firstElementChild;
      link.setAttribute("href", `#phone/${person.number}`);
      if (person.number === number) link.setAttribute("aria-current", "true");
      return node;
    });
    replaced(byId("people"), nodes);
  }

  async function loadAccount() {
    const whose = number;
    let words = t("phone.no_account");
    let isThere = false;
    try {
      const { balances, blocked, confirmation } = await get(`/api/v1/accounts/${whose}`);
      const held = Object.entries(balances).map(([currency, amount]) => `${amount} ${currency}`);
      words = [held.join(", ") || t("phone.nothing_on_it"), blocked ? t("phone.blocked") : "", confirmation ? t("phone.confirmation") : ""]
        .filter(Boolean)
        .join(" · ");
      isThere = true;
    } catch (problem) {
      if (problem.status !== 404) return;
    }
    if (whose !== number) return;
    if (byId("phone-account").textContent !== words) byId("phone-account").textContent = words;
    byId("phone-link").hidden = !isThere;
  }

  // --- the thread ---

  const load = inTurn(async () => {
    const whose = number;
    const page = await get(`/api/v1/handsets/${whose}/messages${query({ limit: MOST })}`).catch(() => null);
    if (page && whose === number && isShown) draw(joined(page.items.map(({ message }) => message).reverse()));
  });

  function draw(items) {
    const isAtEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    const now = emulatedNow(gateway);
    const drawn = new Set(items.map((item) => item.number));
    for (const one of bubbles.keys()) if (!drawn.has(one)) bubbles.delete(one);
    arrange(thread, items.map((item) => bubble(item, now)));
    const last = items.at(-1);
    if (last) {
      remember({ number, last: last.secret ? t("phone.secret") : last.text });
      drawPeople();
    }
    if (isAtEnd) thread.scrollTop = thread.scrollHeight;
  }

  /** Parts of one text as one: SMSCs give each part an id, people read the whole. */
  function joined(items) {
    const wholes = new Map();
    for (const item of items) {
      const first = wholes.get(item.whole);
      // Messages of a submit_multi share their whole too, each to somebody else.
      if (!first || item.kind !== "submitted" || first.to !== item.to) wholes.set(first ? `${item.number}` : item.whole, item);
      else wholes.set(item.whole, { ...first, text: (first.text ?? "") + (item.text ?? ""), segments: first.segments + 1 });
    }
    return [...wholes.values()];
  }

  function bubble(item, now) {
    const isSent = item.from === number;
    let node = bubbles.get(item.number);
    if (!node) {
      node = made("bubble", {
        time: timeOfDay(item.accepted_at, now),
        peer: isSent ? t("phone.to", { who: item.to }) : t("phone.from", { who: item.from }),
        segments: item.segments > 1 ? t("count.segments", { n: item.segments }) : "",
      });
      node.classList.toggle("sent", isSent);
      slot(node, "time").title = fullTime(item.accepted_at);
      slot(node, "details").setAttribute("href", `#messages/${item.number}`);
      slot(node, "details").setAttribute("aria-label", t("phone.details", { time: timeOfDay(item.accepted_at, now) }));
      // A secret that went out over SMPP is wiped once it has arrived: it was never in a handset of this gateway.
      if (item.text === null && item.secret) slot(node, "text").classList.add("muted");
      showText(slot(node, "text"), item.text ?? (item.secret ? t("phone.secret_for", { who: item.recipient ?? t("phone.recipient") }) : ""));
      bubbles.set(item.number, node);
    }
    if (isSent || item.state !== "delivered") {
      const { text, kind } = stateWords(item.state);
      const words = slot(node, "state");
      const ticks = { good: "✓✓", info: "✓" }[kind];
      const told = [ticks ? "" : text, item.error ? t("phone.error", { error: String(item.error) }) : ""].filter(Boolean).join(" ") || ticks;
      filled(node, { state: told });
      words.className = ticks ? `ticks ${kind === "good" ? "done" : ""}` : "failed";
      if (ticks) {
        words.setAttribute("role", "img");
        words.setAttribute("aria-label", text);
        words.title = text;
      }
    } else {
      slot(node, "state").hidden = true;
    }
    return node;
  }

  // --- writing ---

  function count() {
    const { alphabet, left, segments } = measure(field.value);
    byId("count").textContent = [t(alphabet === "UCS-2" ? "alphabet.ucs2" : "alphabet.gsm"), t("phone.left", { left }), t("count.segments", { n: segments })].join(" · ");
  }

  function send(text, button) {
    return run(button, async () => {
      await post("/api/v1/messages", { from: number, to: byId("to").value.trim().replace(/^\+/, ""), text });
      load();
      return true;
    });
  }

  byId("compose").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value;
    if (!text) return;
    if (await send(text, event.submitter)) {
      if (field.value === text) field.value = "";
      count();
      field.focus();
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId("compose").requestSubmit();
    }
  });
  field.addEventListener("input", count);
  for (const key of document.querySelectorAll(".keys button")) {
    key.addEventListener("click", () => send(key.dataset.text, key));
  }
  byId("pick").addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = `phone/${byId("subscriber").value.trim().replace(/^\+/, "")}`;
    byId("subscriber").value = "";
  });
  byId("subscriber").addEventListener("input", () => {
    // Chosen from the list, not typed: there is nothing to wait for.
    const { value } = byId("subscriber");
    if (people.has(value) && value !== number) byId("pick").requestSubmit();
  });

  const soon = paced(200, () => {
    if (!isShown) return;
    load();
    loadAccount();
  });
  onEvents((events, gap) => {
    const concerns = ({ name, data }) => name === "reset" || name === "deleted" || data.from === number || data.to === number;
    const isOurs = events.some(concerns);
    // Of a flood nobody knows whose messages were left out: this one's are looked for at its pace.
    if (isShown && (gap || isOurs)) soon(isOurs ? undefined : FLOOD_MS);
  });

  return { show, hide: () => (isShown = false) };
}
