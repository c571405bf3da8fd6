// The frame of the console: which view is shown, what the strip under the header says, keys, theme, language, token.

import { get, tokensFrom } from "./api.js";
import { byId, paced } from "./dom.js";
import { t } from "./language.js";
import { goLive, onEvents } from "./live.js";
import { clockText, duration } from "./words.js";
import { accounts } from "./accounts.js";
import { faults } from "./faults.js";
import { messages } from "./messages.js";
import { phone } from "./phone.js";
import { sessions } from "./sessions.js";
import { start } from "./start.js";

const VIEWS = { phone, messages, sessions, accounts, faults, start };
const made = {};
let shown = null;

/** How the gateway fares, as it said last, and when: {now, at} of the emulated clock. */
const gateway = { status: null, at: 0 };

// --- views ---

async function route() {
  const [path, search] = location.hash.slice(1).split("?");
  const [name, ...rest] = path.split("/").map(decoded);
  if (!(name in VIEWS)) {
    const status = gateway.status ?? (await refresh());
    const isNew = status && !status.bindings && !status.submitted;
    location.replace(isNew ? "#start" : "#phone");
    return;
  }
  made[name] ??= VIEWS[name](gateway);
  if (shown !== name) {
    if (shown) made[shown].hide?.();
    for (const view of Object.keys(VIEWS)) byId(`view-${view}`).hidden = view !== name;
    for (const link of document.querySelectorAll(".rail a")) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const isFirst = shown === null;
    shown = name;
    document.title = t("console.title", { view: t(`view.${name}`) });
    if (!isFirst) byId("main").focus({ preventScroll: true });
  }
  made[name].show(rest, new URLSearchParams(search));
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    // Typed by hand: no percent sign that means anything.
    return part;
  }
}

// --- the header and the strip ---

async function refresh() {
  try {
    gateway.status = await get("/api/v1/status");
  } catch {
    return null;
  }
  gateway.at = performance.now();
  const { banner, bindings, submitted, smpp } = gateway.status;
  const notices = [];
  if (banner.faults) notices.push(t("console.rules_on", { n: banner.faults }));
  // The shift of a clock that stands still grows: it would be announced each time that it is looked at.
  if (banner.clock_frozen) notices.push(t("console.still"));
  else if (Math.abs(banner.clock_shifted) >= 2) {
    notices.push(t(banner.clock_shifted > 0 ? "console.ahead" : "console.behind", { time: duration(Math.abs(banner.clock_shifted)) }));
  }
  if (banner.reveal_secrets) notices.push(t("console.secrets"));
  if (banner.any_client) notices.push(t("console.anybody"));
  if (banner.loopback) notices.push(t("console.loopback"));
  const isOdd = notices.length > 0;
  const text = isOdd ? `${notices.join(" · ")}.` : t("console.ordinary");
  const notice = byId("notice");
  const spelled = text[0].toUpperCase() + text.slice(1);
  if (notice.textContent !== spelled) notice.textContent = spelled;
  byId("strip").classList.toggle("warned", isOdd);
  byId("counts").textContent = t("console.counts", { smpp, bound: bindings, submitted });
  tick();
  for (const view of Object.values(made)) view.status?.(gateway.status);
  return gateway.status;
}

function tick() {
  const text = clockText(gateway);
  for (const [id, part] of [["clock-day", text.slice(0, -12)], ["clock-time", text.slice(-12)]]) {
    if (byId(id).textContent !== part) byId(id).textContent = part;
  }
}

const soon = paced(400, refresh);

// --- theme ---

const THEMES = ["system", "light", "dark"];

function switchTheme() {
  const root = document.documentElement;
  const now = root.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Then it holds for this page.
  }
  showTheme();
}

function showTheme() {
  const theme = t(`theme.${document.documentElement.dataset.theme ?? "system"}`);
  byId("theme").setAttribute("aria-label", t("console.theme", { theme }));
}

// --- language ---

function switchLanguage() {
  const { language } = byId("language").dataset;
  try {
    localStorage.setItem("language", language);
  } catch {
    // Then it holds as long as the address has it.
  }
  location.assign(`/?lang=${language}${location.hash}`);
}

// --- keys ---

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") made[shown]?.escape?.();
  if (event.target.closest("input, textarea, select")) return;
  const key = latin(event);
  const view = Object.keys(VIEWS)[Number(key) - 1];
  if (view) location.hash = view;
  else if (key === "/") withView("messages", () => byId("search").focus());
  else if (key === "c") withView("phone", () => byId("text").focus());
  else if (key === "t") switchTheme();
  else if (key === "?") byId("shortcuts").showModal();
  else if (key === "j" || key === "k") made[shown]?.step?.(key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
}

/** The key, or while another alphabet is typed the Latin one in its place. */
function latin({ key, code, shiftKey }) {
  if (code === "Slash" && (key === "." || key === ",")) return shiftKey ? "?" : "/";
  return /^\p{Script=Cyrillic}$/u.test(key) && code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
}

function withView(name, then) {
  if (shown === name) {
    then();
    return;
  }
  addEventListener("hashchange", () => requestAnimationFrame(then), { once: true });
  location.hash = name;
}

// --- token ---

function askForToken(wasWrong) {
  const dialog = byId("token-dialog");
  byId("token-wrong").hidden = !wasWrong;
  byId("token").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    byId("token-form").onsubmit = (event) => {
      event.preventDefault();
      dialog.close();
      resolve(byId("token").value);
    };
  });
}

byId("token-dialog").addEventListener("cancel", (event) => event.preventDefault());
tokensFrom(askForToken);
byId("theme").addEventListener("click", switchTheme);
byId("language").addEventListener("click", switchLanguage);
byId("help").addEventListener("click", () => byId("shortcuts").showModal());
addEventListener("keydown", onKey);
addEventListener("hashchange", route);
showTheme();
setInterval(tick, 250);
setInterval(() => document.hidden || refresh(), 3000);
await refresh();
await route();
// Its charts begin now, so that they have something to show when they are looked at.
made.sessions ??= VIEWS.sessions(gateway);
onEvents(soon);
goLive((isLive) => {
  byId("live").textContent = t(isLive ? "console.live" : "console.reconnecting");
  byId("live").classList.toggle("on", isLive);
});
