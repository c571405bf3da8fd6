// The list of messages, the search, and one message in detail beside it.
//
// How this works: the list is one page of the API's answer. When something happens it is asked for anew, a few times a
// second at most, so that the page does no more work at a thousand messages a second than at ten. Who has scrolled or
// paged keeps the rows that are being read; only their states change.

import { get, ask, query } from "./api.js";
import { arrange, byId, confirmed, filled, inTurn, made, paced, run, say, showText, slot } from "./dom.js";
import { detail } from "./detail.js";
import { t } from "./language.js";
import { FLOOD_MS, onEvents } from "./live.js";
import { emulatedNow, tagState, timeOfDay } from "./words.js";

const PAGE = 50;

const TERMS = {
  from: "from", to: "to", with: "address", client: "client", state: "state", kind: "kind", command: "command",
  outcome: "outcome", since: "since", until: "until", text: "text",
};

/** What the search box says as parameters of the API: `term:value` (quotes hold spaces), everything else is text. */
export function readTerms(words) {
  const found = {};
  const free = [];
  for (const [, term, quoted, plain] of words.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g)) {
    const value = quoted ?? plain;
    const name = Object.hasOwn(TERMS, term ?? "") ? TERMS[term] : null;
    if (!name) free.push(term ? `${term}:${value}` : value);
    else if (name === "state" || name === "kind") found[name] = [...(found[name] ?? []), ...value.toLowerCase().split(",")];
    else if (name === "text") free.push(value);
    else found[name] = ["from", "to", "address"].includes(name) ? value.replace(/^\+/, "") : value;
  }
  if (free.length) found.text = free.join(" ");
  return found;
}

export function messages(gateway) {
  const lines = byId("lines");
  const scroll = byId("lines-scroll");
  const rows = new Map();
  const panel = detail();
  let isShown = false;
  let search = "";
  let before = 0;
  let items = [];
  let next = null;
  let open = "";
  let left = 0;
  let latest = 0;

  function show([id], parameters) {
    isShown = true;
    const wanted = parameters.get("q") ?? "";
    const cursor = Number(parameters.get("before") ?? 0);
    const isOther = wanted !== search || cursor !== before;
    search = wanted;
    before = cursor;
    const was = open;
    open = id ?? "";
    if (byId("search") !== document.activeElement) byId("search").value = search;
    if (isOther) {
      scroll.scrollTop = 0;
      items = [];
    }
    byId("messages").classList.toggle("split", open !== "");
    byId("detail-close").href = where({ id: "" });
    panel.show(open);
    moveFocus(was);
    load();
  }

  /** Where the message takes the place of the list, the focus goes with it, and comes back. */
  function moveFocus(was) {
    if (open && open !== was && !byId("lines-scroll").checkVisibility()) byId("detail").focus();
    if (!open && was) rows.get(Number(was))?.firstElementChild.focus();
  }

  function where({ id = open, q = search, at = before } = {}) {
    return `#messages${id ? `/${encodeURIComponent(id)}` : ""}${query({ q, before: at || "" })}`;
  }

  const load = inTurn(async () => {
    const asked = `${search} ${before}`;
    // Rows that are being read stay: the page begins where it began.
    const holds = before === 0 && scroll.scrollTop > 8 && items.length > 0;
    const cursor = holds ? items[0].number + 1 : before;
    let page;
    try {
      page = await get(`/api/v1/messages${query({ ...readTerms(search), limit: PAGE, cursor: cursor || "" })}`);
    } catch (problem) {
      note(problem.message);
      return;
    }
    if (asked !== `${search} ${before}` || !isShown) return;
    items = page.items;
    next = page.next;
    draw(holds);
  });

  function draw(holds) {
    const now = emulatedNow(gateway);
    const drawn = new Set(items.map((item) => item.number));
    for (const number of rows.keys()) if (!drawn.has(number)) rows.delete(number);
    arrange(lines, items.map((item) => row(item, now)));
    byId("lines-empty").hidden = items.length > 0;
    byId("lines-empty").textContent = t(search ? "messages.none_like" : "messages.none");
    byId("older").hidden = next === null;
    byId("newest").hidden = before === 0 && !holds;
    const top = items[0]?.number ?? 0;
    latest = Math.max(latest, top);
    // What came after the first page was left: whoever reads an older one is told, not moved.
    if (!before && !holds) left = latest;
    note(before || holds ? (latest > left ? t("messages.new") : "") : items.length ? t("messages.newest", { n: items.length }) : "");
  }

  function row(item, now) {
    let node = rows.get(item.number);
    if (!node) {
      node = line(item, now);
      rows.set(item.number, node);
    } else {
      tagState(slot(node, "state"), item.state);
      filled(node, { command: item.command });
    }
    const link = node.firstElementChild;
    const href = where({ id: item.number });
    if (link.getAttribute("href") !== href) link.setAttribute("href", href);
    if (String(item.number) === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    return node;
  }

  function note(text) {
    if (byId("lines-note").textContent !== text) byId("lines-note").textContent = text;
  }

  function step(by) {
    const links = [...lines.querySelectorAll("a")];
    if (!links.length) return;
    const at = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const link = links[Math.min(links.length - 1, Math.max(0, at + by))];
    link.focus();
    location.hash = link.hash;
  }

  const soon = paced(500, () => isShown && load());

  onEvents((events, gap) => {
    if (!isShown) return;
    const about = events.filter(({ name }) => name === "message" || name === "messages" || name === "deleted" || name === "reset");
    if (!about.length && !gap) return;
    for (const { name, data } of about) if (name === "message") latest = Math.max(latest, data.number);
    soon(gap ? FLOOD_MS : undefined);
    panel.changed(about, gap);
  });

  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = where({ id: "", q: byId("search").value.trim(), at: 0 });
  });
  byId("search").addEventListener("search", () => {
    if (!byId("search").value) location.hash = where({ q: "", at: 0 });
  });
  byId("older").addEventListener("click", () => {
    location.hash = where({ at: next });
  });
  byId("newest").addEventListener("click", () => {
    scroll.scrollTop = 0;
    if (before) location.hash = where({ at: 0 });
    else load();
  });
  byId("clear-messages").addEventListener("click", (event) =>
    run(event.currentTarget, async () => {
      const question = t(search ? "messages.delete_found" : "messages.delete_all");
      if (!(await confirmed(question, t("messages.delete")))) return;
      const { deleted } = await ask("DELETE", `/api/v1/messages${query(readTerms(search))}`);
      say(t("messages.deleted", { n: deleted }));
      load();
    }),
  );

  return {
    show,
    step,
    hide: () => (isShown = false),
    escape: () => open && (location.hash = where({ id: "" })),
  };
}

/** A line of a list of messages. */
export function line(item, now) {
  const node = made("line", {
    time: timeOfDay(item.accepted_at, now),
    ends: `${item.from} → ${item.to}`,
    client: item.client ?? item.recipient,
    command: item.command,
  });
  if (item.text === null) filled(node, { text: t(item.secret ? "messages.secret" : "messages.no_text") }).querySelector(".text").classList.add("secret");
  else showText(slot(node, "text"), item.text, { limit: 200, more: false });
  tagState(slot(node, "state"), item.state);
  node.firstElementChild.setAttribute("href", `#messages/${item.number}`);
  return node;
}
