// Who is bound, and what can be done about it.

import { get, post } from "./api.js";
import { charts } from "./charts.js";
import { arrange, byId, confirmed, filled, inTurn, made, paced, run, say, slot } from "./dom.js";
import { named, t } from "./language.js";
import { onEvents } from "./live.js";
import { duration } from "./words.js";

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
      ? t("sessions.note", {
          bound: t("sessions.bound", { n: bound.length }),
          unbound: t("sessions.unbound", { n: told.items.length - bound.length }),
          gateway: told.gateway,
        })
      : t("sessions.listening", { gateway: told.gateway });
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
      client: one.client ?? t("sessions.not_bound"),
      kind: named("bind", one.bind_type ?? one.state),
      peer: one.peer,
      since: t("unit.ago", { time: duration(one.seconds) }),
      version: `${one.interface_version[2]}.${one.interface_version[3]}`,
      window: t("sessions.window", { used: outstanding, all: one.window_out }),
      waiting: t("count.messages", { n: one.waiting }),
      limits: [t("sessions.at_a_time", { n: one.window_in }), one.rate ? t("sessions.a_second", { n: one.rate }) : ""].filter(Boolean).join(", "),
      rate: rate(one),
      last: one.last_pdu ? t("sessions.last", { pdu: one.last_pdu, time: duration(one.last_pdu_seconds) }) : t("sessions.while_ago"),
    });
    slot(node, "meter").style.width = `${Math.min(100, (100 * outstanding) / Math.max(1, one.window_out))}%`;
    const unbind = node.querySelector('[data-do="unbind"]');
    unbind.hidden = !one.client;
    node.setAttribute("aria-label", t("sessions.label", { id: String(one.id), client: one.client ?? t("sessions.not_bound") }));
    return node;
  }

  function rate({ messages_per_second: rate, reading_paused: isPaused }) {
    return isPaused ? t("sessions.not_read") : t("sessions.a_second", { n: Math.round(rate) });
  }

  function act(button, id, what) {
    return run(button, async () => {
      if (what === "drop" && !(await confirmed(t("sessions.close", { id: String(id) }), t("sessions.drop")))) return;
      await post(`/api/v1/sessions/${id}/${what}`);
      say(t(what === "unbind" ? "sessions.asked" : "sessions.dropped"));
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
            say(t("sessions.calling", { name }));
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
