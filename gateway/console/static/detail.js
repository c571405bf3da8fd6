// One message: what it says, how it was understood, what became of it, and what went over the wire.

import { download, get } from "./api.js";
import { byId, inTurn, made, paced, run, showText, slot } from "./dom.js";
import { facts } from "./facts.js";
import { line } from "./messages.js";
import { pduView } from "./pdu.js";
import { between, fullTime, many, stateWords } from "./words.js";

const OUTCOMES = {
  understood: "Understood",
  suggest: "Not run; the reply says what to send",
  ambiguous: "Ambiguous: nothing is run",
  not_understood: "Not understood",
};
const MATCHES = {
  exact: "as it is listed",
  case: "but for capitals",
  width: "but for character widths",
  look_alike: "by letters that look alike",
  alias: "by another word for it",
  layout: "typed in the other keyboard layout",
  one_edit: "one slip of a finger away",
  extra_words: "with other words around it",
};

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
    byId("detail-title").textContent = `Message ${id}`;
    byId("detail-text").textContent = why;
    byId("detail-parse").hidden = true;
    for (const part of ["detail-facts", "transitions", "pdus", "others"]) byId(part).replaceChildren();
  }

  function draw({ message, octets, parts, transitions, explanation, pdus, ...wire }) {
    byId("detail-title").textContent = `Message ${message.id}`;
    if (message.text === null) {
      byId("detail-text").textContent = message.secret ? "A secret: only the handset that it was sent to shows it." : "No text.";
    } else {
      showText(byId("detail-text"), message.text);
    }
    facts(byId("detail-facts"), [
      ["From, to", `${message.from} → ${message.to}`],
      ["Kind", kindWords(message)],
      ["State", stateWords(message.state).text + (message.error ? `, network error ${message.error}` : "")],
      ["Command", message.command],
      ["Answered", message.outcome?.replaceAll("_", " ")],
      ["Segments", `${message.segments}, ${alphabetWords(message.data_coding)}`],
      ["Flags", flags(message, wire), "mono small"],
      ["Octets", octets === null ? "" : octets.replace(/../g, "$& ").trim(), "mono small"],
    ]);
    drawParse(explanation);
    drawTransitions(transitions, message);
    byId("wire-note").textContent = pdus.length
      ? `${many(pdus.length, "PDU")}. Secrets are masked. Point at a field to see its octets.`
      : "Nothing of it went over an SMPP connection, or it is no longer remembered.";
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
      OUTCOMES[outcome] ?? outcome,
      ran ? `: ${ran}` : "",
      MATCHES[match] ? `, ${MATCHES[match]}` : "",
      reason ? ` (${reason.replaceAll("_", " ")})` : "",
    ].join("");
    byId("parse-words").replaceChildren(...marked(text, words));
    byId("parse-steps").replaceChildren(
      ...steps.map(({ step, before, after }) => {
        const node = made("step", { name: step.replaceAll("_", " ") });
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
      sub.textContent = isFiller ? ` ${meaning} ` : ` = ${word} (${meaning}, ${match.replaceAll("_", " ")}) `;
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
      if (index) slot(node, "time").title = `${between(transitions[0].at, at)} after the first`;
      return node;
    });
    if (message.state === "enroute" && message.expires_at) {
      nodes.push(made("moment", { what: "given up at the latest", time: fullTime(message.expires_at) }));
    }
    byId("transitions").replaceChildren(...nodes);
  }

  byId("as-json").addEventListener("click", (event) =>
    run(event.currentTarget, () => download(`/api/v1/messages/${encodeURIComponent(id)}`, `message-${id}.json`)),
  );
  byId("as-pcapng").addEventListener("click", (event) =>
    run(event.currentTarget, () => {
      const { message } = JSON.parse(told);
      const client = message.recipient ?? message.client ?? "";
      return download(`/api/v1/capture.pcapng${client ? `?client=${encodeURIComponent(client)}` : ""}`, `capture-${client || "all"}.pcapng`);
    }),
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
  const by = client ?? (kind === "submitted" ? "a handset" : "the gateway");
  const to = recipient ?? { wallet: "the wallet", handset: "a handset", loopback: "its sender" }[fate] ?? "";
  return `${kind}, by ${by} for ${to}`;
}

function alphabetWords(dataCoding) {
  return { 0: "default alphabet", 1: "ASCII", 3: "Latin-1", 8: "UCS-2" }[dataCoding] ?? `data_coding ${hex(dataCoding)}`;
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

