// The first visit: where to bind, as whom, with what program.

import { get } from "./api.js";
import { byId, run, say } from "./dom.js";
import { facts } from "./facts.js";
import { many } from "./words.js";

export function start(gateway) {
  let told = null;
  let chosen = 0;

  async function show() {
    status(gateway.status);
    told ??= await run(null, () => get("/api/v1/connect"));
    if (!told) return;
    const others = told.clients.filter((id) => id !== told.system_id);
    facts(byId("start-facts"), [
      ["Host", told.host, "mono"],
      ["Port", told.port, "mono"],
      ["TLS", told.tls ?? "", "mono"],
      ["system_id", told.system_id, "mono"],
      ["Password", told.password ?? "as it was configured; it is not shown here", told.password ? "mono" : "muted"],
      ["Others", told.any_client ? "everybody, with any password" : others.join(", ")],
      ["Wallet", `${told.short_code}: send it BALANCE, from ${told.subscriber} for example`],
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
    const text = now.bindings ? `${many(now.bindings, "session is", "sessions are")} bound` : "Waiting for the first bind";
    if (byId("waiting-text").textContent !== text) byId("waiting-text").textContent = text;
    byId("waiting").classList.toggle("there", now.bindings > 0);
  }

  byId("copy").addEventListener("click", async () => {
    const { code } = told.snippets[chosen];
    try {
      await navigator.clipboard.writeText(code);
      say("Copied.");
    } catch {
      // Over plain HTTP from elsewhere there is no clipboard: mark it, so that the keyboard can copy.
      getSelection().selectAllChildren(byId("snippet-code"));
      say("Marked: press Ctrl+C.");
    }
  });

  return { show, status };
}
