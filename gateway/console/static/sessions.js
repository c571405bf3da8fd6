// Who is bound, and what can be done about it.

import { get, post } from "./api.js";
import { charts } from "./charts.js";
import { arrange, byId, confirmed, filled, inTurn, made, paced, run, say, slot } from "./dom.js";
import { onEvents } from "./live.js";
import { duration, many } from "./words.js";

const LOOK_MS = 1000;

export function sessions() {
  const traffic = charts();
  const cards = new Map();
  let isShown = false;
  let timer = 0;

  function show() {
    isShown = true;
    clearInterval(timer);
    timer = setInterval(() => document.hidden || load(), LOOK_MS);
    load();
    traffic.show();
  }

  function hide() {
    isShown = false;
    clearInterval(timer);
    traffic.hide();
  }

  const load = inTurn(async () => {
    let told;
    try {
      told = await get("/api/v1/sessions");
    } catch {
      return;
    }
    if (!isShown) return;
    const bound = told.items.filter((one) => one.client);
    byId("sessions-note").textContent = told.items.length
      ? `${many(bound.length, "bound session")}, ${many(told.items.length - bound.length, "connection")} without a bind, at ${told.gateway}`
      : `listening at ${told.gateway}`;
    byId("sessions-empty").hidden = told.items.length > 0;
    for (const id of cards.keys()) if (!told.items.some((one) => one.id === id)) cards.delete(id);
    arrange(byId("sessions"), told.items.map(card));
    drawOutbinds(told.outbinds);
  });

  function card(one) {
    let node = cards.get(one.id);
    if (!node) {
      node = made("session");
      node.querySelector('[data-do="unbind"]').addEventListener("click", (event) => act(event.currentTarget, one.id, "unbind"));
      node.querySelector('[data-do="drop"]').addEventListener("click", (event) => act(event.currentTarget, one.id, "drop"));
      cards.set(one.id, node);
    }
    const outstanding = one.outstanding;
    filled(node, {
      client: one.client ?? "not bound",
      kind: one.bind_type ?? one.state,
      peer: one.peer,
      since: `${duration(one.seconds)} ago`,
      version: `${one.interface_version[2]}.${one.interface_version[3]}`,
      window: `${outstanding} of ${one.window_out}`,
      waiting: `${many(one.waiting, "message")}`,
      limits: [`${one.window_in} at a time`, one.rate ? `${one.rate} a second` : ""].filter(Boolean).join(", "),
      rate: rate(one),
      last: one.last_pdu ? `${one.last_pdu}, ${duration(one.last_pdu_seconds)} ago` : "a while ago",
    });
    slot(node, "meter").style.width = `${Math.min(100, (100 * outstanding) / Math.max(1, one.window_out))}%`;
    const unbind = node.querySelector('[data-do="unbind"]');
    unbind.hidden = !one.client;
    node.setAttribute("aria-label", `Session ${one.id}, ${one.client ?? "not bound"}`);
    return node;
  }

  function rate({ messages_per_second: rate, reading_paused: isPaused }) {
    return isPaused ? "not read from: its window is full" : `${Math.round(rate)} a second`;
  }

  function act(button, id, what) {
    return run(button, async () => {
      if (what === "drop" && !(await confirmed(`Close connection ${id} without a word?`, "Drop"))) return;
      await post(`/api/v1/sessions/${id}/${what}`);
      say(what === "unbind" ? "Asked to unbind." : "Dropped.");
      load();
    });
  }

  function drawOutbinds(targets) {
    byId("outbind-none").hidden = targets.length > 0;
    const names = targets.map(({ name }) => name).join();
    if (byId("outbind-targets").dataset.names === names) return;
    byId("outbind-targets").dataset.names = names;
    byId("outbind-targets").replaceChildren(
      ...targets.map(({ name, host, port }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `${name} (${host}:${port})`;
        button.addEventListener("click", () =>
          run(button, async () => {
            await post("/api/v1/sessions/outbind", { name });
            say(`Calling ${name}.`);
          }),
        );
        return button;
      }),
    );
  }

  const soon = paced(300, () => isShown && load());
  onEvents((events) => isShown && events.some(({ name }) => name === "sessions") && soon());

  return { show, hide };
}
