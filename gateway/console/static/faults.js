// Faults on demand, the emulated clock, and starting anew.

import { ask, get, post, query } from "./api.js";
import { arrange, byId, confirmed, filled, inTurn, made, paced, run, say } from "./dom.js";
import { named, t } from "./language.js";
import { onEvents } from "./live.js";
import { clockText, duration, fullTime } from "./words.js";

export function faults(gateway) {
  const cards = new Map();
  let isShown = false;
  let timer = 0;
  let sets = null;
  let next = null;

  function show() {
    isShown = true;
    clearInterval(timer);
    timer = setInterval(() => {
      tick();
      if (!document.hidden && gateway.status?.banner.faults) load();
    }, 1000);
    load();
    loadClock();
    loadSets();
  }

  function hide() {
    isShown = false;
    clearInterval(timer);
  }

  // --- rules ---

  const load = inTurn(async () => {
    let items;
    try {
      ({ items } = await get("/api/v1/faults"));
    } catch {
      return;
    }
    if (!isShown) return;
    for (const id of cards.keys()) if (!items.some(({ rule }) => rule.id === id)) cards.delete(id);
    arrange(byId("faults"), items.map(card));
    byId("faults-empty").hidden = items.length > 0;
    byId("all-off").hidden = items.length === 0;
    drawSets(items);
  });

  function card({ rule, matched, fired, expires_in: left }) {
    let node = cards.get(rule.id);
    if (!node) {
      node = made("fault");
      node.querySelector('[data-do="remove"]').addEventListener("click", (event) =>
        run(event.currentTarget, async () => {
          await ask("DELETE", `/api/v1/faults/${encodeURIComponent(rule.id)}`);
          load();
        }),
      );
      node.querySelector('[data-do="toggle"]').addEventListener("click", (event) =>
        run(event.currentTarget, async () => {
          const { rule: now } = await get(`/api/v1/faults/${encodeURIComponent(rule.id)}`);
          await ask("PUT", `/api/v1/faults/${encodeURIComponent(rule.id)}`, { rule: { ...now, enabled: !now.enabled } });
          load();
        }),
      );
      cards.set(rule.id, node);
    }
    filled(node, {
      name: rule.name || t("faults.rule", { id: rule.id }),
      point: rule.enabled ? rule.point : t("faults.off", { point: rule.point }),
      effect: effectWords(rule.effect),
      match: matchWords(rule.match),
      how: howWords(rule, left),
      fired: String(fired),
      matched: String(matched),
    });
    node.classList.toggle("off", !rule.enabled);
    node.querySelector('[data-do="toggle"]').textContent = t(rule.enabled ? "faults.switch_off" : "faults.switch_on");
    node.setAttribute("aria-label", t("faults.rule", { id: rule.name || rule.id }));
    return node;
  }

  // --- ready-made sets ---

  async function loadSets() {
    if (sets) return;
    try {
      ({ items: sets } = await get("/api/v1/fault-sets"));
    } catch {
      sets = [];
    }
    byId("sets").replaceChildren(
      ...sets.map((set) => {
        const button = document.createElement("button");
        button.type = "button";
        const name = named("set", set.name);
        button.append(
          Object.assign(document.createElement("strong"), { textContent: name }),
          Object.assign(document.createElement("small"), { textContent: named("about_set", set.name, set.description) }),
        );
        button.dataset.set = set.name;
        button.addEventListener("click", () =>
          run(button, async () => {
            if (button.getAttribute("aria-pressed") === "true") {
              await ask("DELETE", `/api/v1/faults${query({ scope: set.name })}`);
              say(t("faults.set_off", { name }));
            } else {
              for (const rule of set.rules) await post("/api/v1/faults", { ...rule, scope: set.name });
              say(t("faults.set_on", { name, n: set.rules.length }));
            }
            load();
          }),
        );
        return button;
      }),
    );
    load();
  }

  function drawSets(items) {
    const on = new Set(items.map(({ rule }) => rule.scope));
    for (const button of byId("sets").children) button.setAttribute("aria-pressed", String(on.has(button.dataset.set)));
  }

  // --- time ---

  async function loadClock() {
    try {
      drawClock(await get("/api/v1/clock"));
    } catch {
      // The strip says that the gateway is away.
    }
  }

  function drawClock(clock) {
    gateway.status = { ...gateway.status, now: clock.now, banner: { ...gateway.status.banner, clock_frozen: clock.frozen } };
    gateway.at = performance.now();
    next = clock.next;
    byId("next-step").setAttribute("aria-disabled", String(next === null));
    tick();
    byId("clock-state").textContent = t(clock.frozen ? "faults.stands" : "faults.runs");
    byId("clock-state").classList.toggle("warn", clock.frozen);
    byId("freeze").textContent = t(clock.frozen ? "faults.thaw" : "faults.freeze");
    byId("clock-note").textContent = clock.waiting
      ? t("faults.due", { n: clock.waiting, time: fullTime(clock.next) })
      : t("faults.not_due");
  }

  function tick() {
    byId("clock-big").textContent = clockText(gateway);
  }

  function move(button, work) {
    return run(button, async () => {
      drawClock(await work());
    });
  }

  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => move(button, () => post("/api/v1/clock/advance", { seconds: Number(button.dataset.advance) })));
  }
  byId("next-step").addEventListener("click", (event) => {
    if (next) move(event.currentTarget, () => post("/api/v1/clock/set", { now: next }));
  });
  byId("freeze").addEventListener("click", (event) =>
    move(event.currentTarget, () => post(`/api/v1/clock/${gateway.status.banner.clock_frozen ? "thaw" : "freeze"}`)),
  );

  // --- starting anew ---

  for (const button of document.querySelectorAll("[data-reset]")) {
    button.addEventListener("click", () =>
      run(button, async () => {
        const what = button.dataset.reset;
        if (!(await confirmed(t(`ask_reset.${what}`), t("faults.reset")))) return;
        await post("/api/v1/reset", { what: [what] });
        say(t(`reset.${what}`));
        load();
        loadClock();
      }),
    );
  }
  byId("all-off").addEventListener("click", (event) =>
    run(event.currentTarget, async () => {
      const { removed } = await ask("DELETE", "/api/v1/faults");
      say(t("faults.removed", { n: removed }));
      load();
    }),
  );
  byId("new-fault").addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter, async () => {
      let rule;
      try {
        rule = JSON.parse(byId("fault-json").value);
      } catch (error) {
        throw new Error(t("faults.no_json", { why: error.message }));
      }
      await post("/api/v1/faults", rule);
      say(t("faults.added"));
      load();
    });
  });

  const soon = paced(300, () => {
    if (!isShown) return;
    load();
    loadClock();
  });
  onEvents((events, gap) => {
    if (isShown && (gap || events.some(({ name }) => name === "faults" || name === "reset" || name === "clock"))) soon();
  });

  return { show, hide, status: () => isShown && tick() };
}

function effectWords({ kind, ...keys }) {
  const told = Object.entries(keys)
    .filter(([, value]) => value !== 0 && value !== false && value !== "" && JSON.stringify(value) !== "{}")
    .map(([name, value]) => {
      if (name === "command_status") return String(value);
      if (name === "seconds") return t("unit.s", { n: value });
      if (name === "up_to") return t("faults.up_to", { n: value });
      return `${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`;
    });
  return [named("effect", kind), ...told].join(" · ");
}

function matchWords(match) {
  const told = Object.entries(match ?? {})
    .filter(([, value]) => value)
    .map(([name, value]) => `${name === "nth" ? t("faults.nth") : name} ${value}`);
  return told.length ? t("faults.where", { what: told.join(", ") }) : t("faults.everything");
}

function howWords({ probability, times, every, after, scope }, left) {
  return [
    probability < 1 ? t("faults.probability", { p: String(probability) }) : "",
    every > 1 ? t("faults.every", { n: every }) : "",
    after ? t("faults.after", { n: after }) : "",
    times ? t("faults.times", { n: times }) : "",
    left !== null ? t("faults.for", { time: duration(left) }) : "",
    scope ? t("faults.scope", { name: scope }) : "",
  ]
    .filter(Boolean)
    .join(" · ") || t("faults.each");
}
