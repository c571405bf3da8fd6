// How times, amounts and states are said.

const two = (number) => String(number).padStart(2, "0");

/** The emulated time now, to the second, UTC, or a dash as long as nobody has said it. */
export function clockText(gateway) {
  const now = emulatedNow(gateway);
  return now === null ? "–" : `${now.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The emulated time now as a Date. */
export function emulatedNow({ status, at }) {
  if (!status) return null;
  const passed = status.banner.clock_frozen ? 0 : performance.now() - at;
  return new Date(Date.parse(status.now) + passed);
}

/** 14:05:09, in UTC as everything here, with the day before it unless that is `now`'s. */
export function timeOfDay(text, now = null) {
  if (!text) return "";
  const day = text.slice(0, 10);
  const time = text.slice(11, 19);
  return now && now.toISOString().slice(0, 10) === day ? time : `${day.slice(8)}.${day.slice(5, 7)} ${time.slice(0, 5)}`;
}

/** Date and time in full, to the millisecond. */
export function fullTime(text) {
  return text ? `${text.slice(0, 10)} ${text.slice(11, 23)} UTC` : "";
}

/** "2 d 3 h", "1 h 5 min", "12 s". */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ].filter(([number]) => number > 0);
  return parts.length ? parts.slice(0, 2).map(([number, unit]) => `${number} ${unit}`).join(" ") : "0 s";
}

/** hh:mm:ss.mmm between two times as the API has them. */
export function between(from, to) {
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 1000 ? `${ms} ms` : duration(ms / 1000);
}

export function many(number, one, several = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

/** A state as people say it, and how it is to be looked at. */
export function stateWords(state) {
  return STATES[state] ?? { text: state, kind: "" };
}

const STATES = {
  scheduled: { text: "scheduled", kind: "" },
  enroute: { text: "on its way", kind: "info" },
  delivered: { text: "delivered", kind: "good" },
  accepted: { text: "accepted", kind: "good" },
  expired: { text: "expired", kind: "bad" },
  deleted: { text: "deleted", kind: "warn" },
  undeliverable: { text: "undeliverable", kind: "bad" },
  unknown: { text: "unknown", kind: "warn" },
  rejected: { text: "rejected", kind: "bad" },
  held: { text: "waits for its code", kind: "info" },
  completed: { text: "completed", kind: "good" },
  refused: { text: "refused", kind: "bad" },
};

/** Put a state into a tag. */
export function tagState(tag, state) {
  const { text, kind } = stateWords(state);
  tag.textContent = text;
  tag.className = `tag ${kind}`;
}

export { two };
