// What happens in the gateway, told to whoever listens. One stream for the whole page; a burst of events is handed on
// once a frame, so that a thousand a second cost no more than their last few hundred.

import { listen } from "./api.js";
import { atNextFrame } from "./dom.js";

const MOST_WAITING = 500;

/** While more comes than is told (`gap`), what is shown is asked for no more often than this: nobody reads faster. */
export const FLOOD_MS = 1000;

const listeners = new Set();
let waiting = [];
let missed = 0;

/** Call `told(events, gap)` once a frame at most: events are [{name, data}] in order, `gap` is whether some before
 * them were left out, or the stream was away: then what is shown has to be asked for anew. */
export function onEvents(told) {
  listeners.add(told);
}

/** Begin to listen; `state(isLive)` is told how the stream fares. */
export function goLive(state) {
  let was = false;
  listen("/api/v1/events", take, (isLive) => {
    if (isLive && !was) missed += 1;
    was = isLive;
    state(isLive);
    if (isLive) atNextFrame("live", hand);
  });
}

function take(name, data) {
  if (name === "missed" || name === "skipped") missed += 1;
  if (waiting.length >= MOST_WAITING) {
    // A page in the background has no frames: it must not fill up.
    waiting = waiting.slice(-MOST_WAITING / 2);
    missed += 1;
  }
  waiting.push({ name, data });
  atNextFrame("live", hand);
}

function hand() {
  const events = waiting;
  const gap = missed > 0;
  waiting = [];
  missed = 0;
  for (const told of listeners) told(events, gap);
}
