// Lists of facts: a term and what is known of it.

import { replaced, showText } from "./dom.js";

/** Fill a <dl> with [term, value, class]; what is empty is left away. */
export function facts(list, rows) {
  const items = [];
  for (const [term, value, kind] of rows) {
    if (value === "" || value === null || value === undefined) continue;
    const dt = document.createElement("dt");
    dt.textContent = term;
    const dd = document.createElement("dd");
    showText(dd, String(value), { limit: 400 });
    if (kind) dd.className = kind;
    items.push(dt, dd);
  }
  replaced(list, items);
}
