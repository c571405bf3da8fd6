// One message: what it says, how it was understood, what became of it, and what went over the wire.

import { download, get, query } from "./api.js";
import { byId, inTurn, made, paced, run, showText, slot } from "./dom.js";
import { facts } from "./facts.js";
import { named, t } from "./language.js";
import { line } from "./messages.js";
import { pduView } from "./pdu.js";
import { between, fullTime, stateWords } from "./words.js";

export function detail() {
  let id = "";
  let told = "";
  let shown = null;

  function show(wanted) {
    byId("detail").hidden = wanted === "";
    const isOther = wanted !== id;
    id = wanted;
    if (!id || !isOther) return;
    told = "";
    shown = null;
    byId("detail").scrollTop = 0;
    load();
  }

  const load = inTurn(async () => {
    const asked = id;
    if (!asked) return;
    let found;
    try {
      found = await get(`/api/v1/messages/${encodeURIComponent(asked)}`);
    } catch (problem) {
      if (asked === id) drawNothing(problem.message);
      return;
    }
    if (asked !== id) return;
    // What is the same again is left alone: an opened PDU stays open, a marked text marked.
    const now = JSON.stringify(found);
    if (now === told) return;
    told = now;
    shown = found.message;
    draw(found);
  });

  function drawNothing(why) {
    byId("detail-title").textContent = t("detail.title", { id });
    byId("detail-text").textContent = why;
    byId("detail-parse").hidden = true;
    for (const part of ["detail-facts", "transitions", "pdus", "others"]) byId(part).replaceChildren();
  }

  function draw({ message, octets, parts, transitions, explanation, pdus, ...wire }) {
    byId("detail-title").textContent = t("detail.title", { id: message.id });
    if (message.text === null) {
      byId("detail-text").textContent = t(message.secret ? "detail.secret" : "detail.no_text");
    } else {
      showText(byId("detail-text"), message.text);
    }
    facts(byId("detail-facts"), [
      [t("detail.ends"), `${message.from} → ${message.to}`],
      [t("detail.kind"), kindWords(message)],
      [t("detail.state"), stateWords(message.state).text + (message.error ? `, ${t("detail.error", { error: String(message.error) })}` : "")],
      [t("detail.command"), message.command],
      [t("detail.answered"), message.outcome?.replaceAll("_", " ")],
      [t("detail.segments"), `${message.segments}, ${alphabetWords(message.data_coding)}`],
      [t("detail.flags"), flags(message, wire), "mono small"],
      [t("detail.octets"), octets === null ? "" : octets.replace(/../g, "$& ").trim(), "mono small"],
    ]);
    drawParse(explanation);
    drawTransitions(transitions, message);
    byId("wire-note").textContent = pdus.length
      ? t("detail.wire", { n: pdus.length })
      : t("detail.no_wire");
    byId("pdus").replaceChildren(...pdus.map(pduView));
    byId("detail-others").hidden = parts.length === 0;
    byId("others").replaceChildren(...parts.map((part) => line(part, null)));
  }

  function drawParse(explanation) {
    byId("detail-parse").hidden = !explanation;
    if (!explanation) return;
    const { outcome, command, argument, match, reason, text, words, steps } = explanation;
    const ran = [command?.toUpperCase(), argument].filter(Boolean).join(" ");
    byId("parse-outcome").textContent = [
      named("outcome", outcome),
      ran ? `: ${ran}` : "",
      match && match !== "none" ? `, ${named("match", match)}` : "",
      reason ? ` (${named("reason", reason)})` : "",
    ].join("");
    byId("parse-words").replaceChildren(...marked(text, words));
    byId("parse-steps").replaceChildren(
      ...steps.map(({ step, before, after }) => {
        const node = made("step", { name: named("step", step) });
        showText(slot(node, "before"), before, { limit: 300 });
        showText(slot(node, "after"), after, { limit: 300 });
        return node;
      }),
    );
  }

  function marked(text, words) {
    // Spans count code points, JavaScript's strings count halves of surrogate pairs.
    const characters = [...text];
    const nodes = [];
    let from = 0;
    let colour = 0;
    for (const { span, word, meaning, match } of words) {
      const [start, end] = span;
      if (start < from || end > characters.length) continue;
      nodes.push(plain(characters.slice(from, start).join("")));
      const mark = document.createElement("mark");
      showText(mark, characters.slice(start, end).join(""), { limit: 200 });
      const isFiller = meaning === "filler" || meaning === "unknown";
      mark.className = isFiller ? "filler" : `w${(colour++ % 4) + 1}`;
      const sub = document.createElement("span");
      sub.className = "small muted";
      sub.textContent = isFiller ? ` ${named("meaning", meaning)} ` : ` = ${word} (${named("meaning", meaning)}, ${named("near", match)}) `;
      nodes.push(mark, sub);
      from = end;
    }
    nodes.push(plain(characters.slice(from).join("")));
    return nodes;
  }

  function plain(text) {
    const span = document.createElement("span");
    showText(span, text, { limit: 500 });
    return span;
  }

  function drawTransitions(transitions, message) {
    const nodes = transitions.map(({ state, at }, index) => {
      const node = made("moment", { what: stateWords(state).text, time: fullTime(at) });
      if (index) slot(node, "time").title = t("detail.after", { time: between(transitions[0].at, at) });
      return node;
    });
    if (message.state === "enroute" && message.expires_at) {
      nodes.push(made("moment", { what: t("detail.until"), time: fullTime(message.expires_at) }));
    }
    byId("transitions").replaceChildren(...nodes);
  }

  byId("as-json").addEventListener("click", (event) =>
    run(event.currentTarget, () => download(`/api/v1/messages/${encodeURIComponent(id)}`, `message-${id}.json`)),
  );
  byId("as-pcapng").addEventListener("click", (event) =>
    run(event.currentTarget, () => download(`/api/v1/capture.pcapng${query({ message: id })}`, `message-${id}.pcapng`)),
  );

  const soon = paced(700, () => id && load());

  /** Something happened: look again if it was about this message, or may have been. */
  function changed(events, gap) {
    if (!shown) return;
    // What has come to its end stays as it is; its PDUs are looked up in all that went over the wire, which costs.
    const mayChange = gap && !shown.final_at;
    if (mayChange || events.some(({ name, data }) => name !== "message" || data.number === shown.number || data.whole === shown.whole)) soon();
  }

  return { show, changed };
}

function kindWords({ kind, client, recipient, fate }) {
  const by = client ?? t(kind === "submitted" ? "party.handset" : "party.gateway");
  const to = recipient ?? named("party", fate);
  return t("detail.by_for", { kind: named("kind", kind), by, to });
}

function alphabetWords(dataCoding) {
  return [0, 1, 3, 8].includes(dataCoding) ? t(`coding.${dataCoding}`) : `data_coding ${hex(dataCoding)}`;
}

/** What else the PDU said, without what it left at zero. */
function flags(message, wire) {
  const said = {
    data_coding: message.data_coding,
    esm_class: wire.esm_class,
    registered_delivery: message.registered_delivery,
    protocol_id: wire.protocol_id,
    priority_flag: wire.priority_flag,
  };
  const told = Object.entries(said)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name} ${hex(value)}`);
  if (wire.service_type) told.push(`service_type ${wire.service_type}`);
  told.push(`ton/npi ${wire.source_ton}/${wire.source_npi} → ${wire.destination_ton}/${wire.destination_npi}`);
  return told.join(", ");
}

function hex(number) {
  return `0x${number.toString(16).padStart(2, "0").toUpperCase()}`;
}

