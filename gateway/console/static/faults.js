// Faults on demand, the emulated clock, and starting anew.

import { ask, get, post, query } from "./api.js";
import { arrange, byId, confirmed, filled, inTurn, made, paced, run, say } from "./dom.js";
import { onEvents } from "./live.js";
import { clockText, duration, fullTime, many } from "./words.js";

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
      name: rule.name || `Rule ${rule.id}`,
      point: rule.enabled ? rule.point : `${rule.point}, off`,
      effect: effectWords(rule.effect),
      match: matchWords(rule.match),
      how: howWords(rule, left),
      fired: String(fired),
      matched: String(matched),
    });
    node.classList.toggle("off", !rule.enabled);
    node.querySelector('[data-do="toggle"]').textContent = rule.enabled ? "Switch off" : "Switch on";
    node.setAttribute("aria-label", `Rule ${rule.name || rule.id}`);
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
        const name = set.name.replaceAll("-", " ");
        button.append(
          Object.assign(document.createElement("strong"), { textContent: name }),
          Object.assign(document.createElement("small"), { textContent: set.description }),
        );
        button.dataset.set = set.name;
        button.addEventListener("click", () =>
          run(button, async () => {
            if (button.getAttribute("aria-pressed") === "true") {
              await ask("DELETE", `/api/v1/faults${query({ scope: set.name })}`);
              say(`${name} is off.`);
            } else {
              for (const rule of set.rules) await post("/api/v1/faults", { ...rule, scope: set.name });
              say(`${name}: ${many(set.rules.length, "rule")} on.`);
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
    byId("clock-state").textContent = clock.frozen ? "stands still" : "runs";
    byId("clock-state").classList.toggle("warn", clock.frozen);
    byId("freeze").textContent = clock.frozen ? "Let it run" : "Freeze";
    byId("clock-note").textContent = clock.waiting
      ? `${many(clock.waiting, "thing is", "things are")} due, the next at ${fullTime(clock.next)}.`
      : "Nothing is due.";
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
        const question = what === "all" ? "Reset messages, accounts, faults and the clock?" : `Reset ${what === "clock" ? "the clock" : `all ${what}`}?`;
        if (!(await confirmed(question, "Reset"))) return;
        await post("/api/v1/reset", { what: [what] });
        say(`Back to the start: ${what}.`);
        load();
        loadClock();
      }),
    );
  }
  byId("all-off").addEventListener("click", (event) =>
    run(event.currentTarget, async () => {
      const { removed } = await ask("DELETE", "/api/v1/faults");
      say(`${many(removed, "rule")} removed.`);
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
        throw new Error(`That is no JSON: ${error.message}`);
      }
      await post("/api/v1/faults", rule);
      say("The rule is on.");
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
      if (name === "seconds") return `${value} s`;
      if (name === "up_to") return `up to ${value} s`;
      return `${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`;
    });
  return [kind.replaceAll("_", " "), ...told].join(" · ");
}

function matchWords(match) {
  const told = Object.entries(match ?? {})
    .filter(([, value]) => value)
    .map(([name, value]) => `${name === "nth" ? "number" : name} ${value}`);
  return told.length ? `Where ${told.join(", ")}` : "On everything there";
}

function howWords({ probability, times, every, after, scope }, left) {
  return [
    probability < 1 ? `with probability ${probability}` : "",
    every > 1 ? `one in ${every}` : "",
    after ? `after the first ${after}` : "",
    times ? `at most ${times === 1 ? "once" : `${times} times`}` : "",
    left !== null ? `for ${duration(left)} more` : "",
    scope ? `set ${scope}` : "",
  ]
    .filter(Boolean)
    .join(" · ") || "each time";
}
