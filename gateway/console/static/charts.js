// The last five minutes in small charts: messages a second, response times, commands, matches.

import { get } from "./api.js";
import { byId, made, replaced } from "./dom.js";
import { named, t } from "./language.js";

const EVERY_MS = 2000;
const MOST = 150;
const LEAST = 30;
const WIDTH = 300;
const HEIGHT = 64;
const SVG = "http://www.w3.org/2000/svg";

/** Look from now on, as long as the page is seen; `show` draws what has been seen so far. */
export function charts() {
  const seen = [];
  let isShown = false;

  async function look() {
    if (document.hidden) return;
    const now = await get("/api/v1/traffic").catch(() => null);
    if (!now) return;
    seen.push(now);
    if (seen.length > MOST) seen.shift();
    if (isShown) draw();
  }

  function draw() {
    const last = seen.at(-1);
    if (!last) return;
    const ms = (value) => (value === null ? "–" : value < 10 ? value.toFixed(1) : String(Math.round(value)));
    lines("rate", `${Math.round(last.messages_per_second)}`, [seen.map((one) => one.messages_per_second)]);
    lines("response", t("unit.ms", { n: `${ms(last.response_p50)}, ${ms(last.response_p95)}` }), [
      seen.map((one) => one.response_p50),
      seen.map((one) => one.response_p95),
    ]);
    bars("commands", last.commands);
    bars("matches", last.matches);
  }

  /** Lines over time, the newest at the right edge; null is a gap. */
  function lines(name, told, rows) {
    const chart = byId(`chart-${name}`);
    chart.querySelector("strong").textContent = told;
    const most = Math.max(...rows.flat().map((value) => value ?? 0), 1);
    const svg = chart.querySelector("svg");
    svg.setAttribute("aria-label", t("sessions.now", { told, n: Math.round(most) }));
    svg.replaceChildren(
      ...rows.map((row) => {
        const line = document.createElementNS(SVG, "path");
        let path = "";
        let isOn = false;
        const span = Math.max(LEAST, row.length) - 1;
        row.forEach((value, at) => {
          const x = WIDTH - ((row.length - 1 - at) * WIDTH) / span;
          if (value !== null) path += `${isOn ? "L" : "M"}${x.toFixed(1)} ${(HEIGHT - 3 - (value * (HEIGHT - 6)) / most).toFixed(1)}`;
          isOn = value !== null;
        });
        line.setAttribute("d", path);
        return line;
      }),
    );
  }

  function bars(name, shares) {
    const total = shares.reduce((sum, { count }) => sum + count, 0);
    byId(`chart-${name}`).querySelector("strong").textContent = total ? t("sessions.of", { n: total }) : "–";
    const rows = shares.slice(0, 6).map(({ name: what, count }) => {
      const row = made("share", { name: named("near", what), count: String(count) });
      row.querySelector("i").style.width = `${(100 * count) / total}%`;
      return row;
    });
    replaced(byId(`chart-${name}`).querySelector("ul"), rows);
  }

  setInterval(look, EVERY_MS);
  look();
  return {
    show: () => {
      isShown = true;
      draw();
    },
    hide: () => (isShown = false),
  };
}
