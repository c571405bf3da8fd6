// The gateway's HTTP API: requests, and the stream of events. The token, where the gateway wants one, is kept for this
// tab alone and travels in a header, never in an address: so the stream is read by fetch, which EventSource could not.

import { t } from "./language.js";

const TOKEN = "sms-gateway-token";

/** What the API said instead of an answer (RFC 9457). */
export class Problem extends Error {
  constructor(status, told) {
    const faults = (told.errors ?? []).map((fault) =>
      [fault.pointer?.replace(/^#\//, "") ?? fault.parameter, fault.detail].filter(Boolean).join(": "),
    );
    super([told.detail ?? told.title ?? `HTTP ${status}`, ...faults].join("\n"));
    this.status = status;
  }
}

let askForToken = null;
let asking = null;

/** Who asks the user for the token: a function of whether the last one was wrong that gives a promise of it. */
export function tokensFrom(ask) {
  askForToken = ask;
}

function stored() {
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

async function newToken(used) {
  // Several requests may be refused at a time; the user is asked once.
  if (stored() !== used) return;
  asking ??= askForToken(used !== null).then((token) => {
    sessionStorage.setItem(TOKEN, token);
    asking = null;
  });
  await asking;
}

async function authorised(path, options) {
  for (;;) {
    const token = stored();
    const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(path, { ...options, headers, cache: "no-store", credentials: "same-origin" });
    if (response.status !== 401) return response;
    await newToken(token);
  }
}

/** Ask the API; gives the JSON of its answer (null for none). Raises Problem. */
export async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await authorised(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: t("console.no_answer") });
  }
  const told = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, told ?? {});
  return told;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);

/** Fetch a file and give it to the browser to be kept. */
export async function download(path, name) {
  const response = await authorised(path, {});
  if (!response.ok) throw new Problem(response.status, (await response.json().catch(() => null)) ?? {});
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** `?a=b&c=d` of what is not empty. */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== null && one !== undefined) parameters.append(name, one);
    }
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

/** Read server-sent events for ever. `told(name, data)` gets each with its JSON, `state(isLive)` each change of the
 * connection; after a gap `state(true)` comes again, and what was missed has to be asked for. */
export async function listen(path, told, state) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    try {
      const response = await authorised(path, { headers: { Accept: "text/event-stream" } });
      if (response.ok) {
        state(true);
        wait = 500;
        await readEvents(response.body, told);
      }
    } catch {
      // Gone; it is tried again.
    }
    state(false);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function readEvents(stream, told) {
  let rest = "";
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      let name = "message";
      let data = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data += line.slice(5).trimStart();
      }
      if (data) told(name, JSON.parse(data));
    }
  }
}
