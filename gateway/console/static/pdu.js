// A PDU as Wireshark shows it: its octets beside its fields, and to each field its octets.

import { made, slot } from "./dom.js";
import { t } from "./language.js";

const HEADER = ["command_length", "command_id", "command_status", "sequence_number"];

/** The view of one PDU of the API. */
export function pduView(pdu) {
  const octets = pdu.hex.match(/../g) ?? [];
  const node = made("pdu", {
    name: pdu.command,
    direction: t(pdu.inbound ? "detail.from" : "detail.to", { client: pdu.client || t("detail.client") }),
    note: [`#${pdu.sequence_number}`, pdu.command_status, t("count.octets", { n: octets.length }), pdu.at.slice(11, 23)].filter(Boolean).join(" · "),
  });
  const fields = located(pdu, octets);
  node.addEventListener(
    "toggle",
    () => {
      // Only what is looked at is drawn: a text of 255 segments has 510 of these.
      if (node.open && !slot(node, "hex").firstChild) draw(node, octets, fields);
    },
    { passive: true },
  );
  return node;
}

function draw(node, octets, fields) {
  const cells = octets.map((octet) => Object.assign(document.createElement("span"), { textContent: octet }));
  const pre = slot(node, "hex");
  for (let at = 0; at < octets.length; at += 16) {
    pre.append(`${at.toString(16).padStart(4, "0")}  `);
    cells.slice(at, at + 16).forEach((cell, index) => pre.append(cell, index === 7 ? "  " : " "));
    const missing = 16 - Math.min(16, octets.length - at);
    pre.append(`${"   ".repeat(missing)}${missing > 8 ? " " : ""} ${octets.slice(at, at + 16).map(printable).join("")}\n`);
  }
  for (const { name, value, from, to } of fields) {
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { textContent: name, scope: "row" });
    const cell = Object.assign(document.createElement("td"), { textContent: value });
    row.append(head, cell);
    slot(node, "fields").append(row);
    if (from === undefined) continue;
    const mark = (isOn) => {
      row.classList.toggle("lit", isOn);
      for (const one of cells.slice(from, to)) one.classList.toggle("lit", isOn);
    };
    row.tabIndex = 0;
    for (const [event, isOn] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
      row.addEventListener(event, () => mark(isOn));
    }
  }
}

function printable(octet) {
  const code = Number.parseInt(octet, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}

/** Each field as {name, value, from, to}: SMPP's fields stand in the order of the PDU; a text ends with a NUL, a
 * number is one octet, short_message stands behind its length. Where that does not add up no places are told. */
function located({ fields, command }, octets) {
  const number = (from) => Number.parseInt(octets.slice(from, from + 4).join(""), 16);
  const rows = HEADER.map((name, index) => {
    const value = name === "command_id" ? `${command} (0x${octets.slice(4, 8).join("")})` : number(4 * index);
    return { name, value: String(value), from: 4 * index, to: 4 * index + 4 };
  });
  let at = 16;
  let adds = command !== "submit_multi";
  const put = (name, value, size) => {
    rows.push({ name, value, from: at, to: at + size });
    at += size;
  };
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (name === "tlvs") {
      for (const [tag, octetsOfIt] of value) put(`TLV 0x${tag.toString(16).padStart(4, "0")}`, octetsOfIt, 4 + octetsOfIt.length / 2);
    } else if (name === "short_message") {
      put("sm_length", String(value.length / 2), 1);
      put(name, value, value.length / 2);
    } else if (typeof value === "string") {
      // A response with an error may leave its body away.
      if (value || at < octets.length) put(name, value, new TextEncoder().encode(value).length + 1);
    } else if (typeof value === "number") {
      put(name, String(value), 1);
    } else {
      rows.push({ name, value: JSON.stringify(value) });
      adds = false;
    }
  }
  if (adds && at === octets.length) return rows;
  return rows.map(({ name, value, from, to }) => (to <= 16 ? { name, value, from, to } : { name, value }));
}
