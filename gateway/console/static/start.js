// The first visit: where to bind, as whom, with what program.

import { get } from "./api.js";
import { byId, run, say } from "./dom.js";
import { facts } from "./facts.js";
import { t } from "./language.js";

export function start(gateway) {
  let told = null;
  let chosen = 0;

  async function show() {
    status(gateway.status);
    told ??= await run(null, () => get("/api/v1/connect"));
    if (!told) return;
    const others = told.clients.filter((id) => id !== told.system_id);
    facts(byId("start-facts"), [
      [t("start.host"), told.host, "mono"],
      [t("start.port"), told.port, "mono"],
      ["TLS", told.tls ?? "", "mono"],
      ["system_id", told.system_id, "mono"],
      [t("start.password"), told.password ?? t("start.not_shown"), told.password ? "mono" : "muted"],
      [t("start.others"), told.any_client ? t("start.everybody") : others.join(", ")],
      [t("start.wallet"), t("start.wallet_told", { code: told.short_code, subscriber: told.subscriber })],
    ]);
    const tabs = byId("snippet-tabs");
    if (!tabs.children.length) {
      told.snippets.forEach(({ name }, at) => {
        const tab = document.createElement("button");
        tab.type = "button";
        tab.textContent = name;
        tab.id = `snippet-${at}`;
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-controls", "snippet-panel");
        tab.addEventListener("click", () => choose(at));
        tabs.append(tab);
      });
      tabs.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        choose((chosen + step + told.snippets.length) % told.snippets.length);
        byId(`snippet-${chosen}`).focus();
      });
      choose(0);
    }
  }

  function choose(at) {
    chosen = at;
    const { language, code } = told.snippets[at];
    [...byId("snippet-tabs").children].forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === at));
      tab.tabIndex = index === at ? 0 : -1;
    });
    byId("snippet-panel").setAttribute("aria-labelledby", `snippet-${at}`);
    byId("snippet-code").textContent = code;
    byId("snippet-note").textContent = language;
  }

  function status(now) {
    if (!now) return;
    const text = now.bindings ? t("start.bound", { n: now.bindings }) : t("start.waiting");
    if (byId("waiting-text").textContent !== text) byId("waiting-text").textContent = text;
    byId("waiting").classList.toggle("there", now.bindings > 0);
  }

  byId("copy").addEventListener("click", async () => {
    const { code } = told.snippets[chosen];
    try {
      await navigator.clipboard.writeText(code);
      say(t("start.copied"));
    } catch {
      // Over plain HTTP from elsewhere there is no clipboard: mark it, so that the keyboard can copy.
      getSelection().selectAllChildren(byId("snippet-code"));
      say(t("start.marked"));
    }
  });

  return { show, status };
}
