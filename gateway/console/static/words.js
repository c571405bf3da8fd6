// How times and states are said.

import { named, t } from "./language.js";

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
    [Math.floor(whole / 86_400), "unit.d"],
    [Math.floor(whole / 3600) % 24, "unit.h"],
    [Math.floor(whole / 60) % 60, "unit.min"],
    [whole % 60, "unit.s"],
  ].filter(([number]) => number > 0);
  return parts.length ? parts.slice(0, 2).map(([n, unit]) => t(unit, { n })).join(" ") : t("unit.s", { n: 0 });
}

/** hh:mm:ss.mmm between two times as the API has them. */
export function between(from, to) {
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 1000 ? t("unit.ms", { n: ms }) : duration(ms / 1000);
}

/** A state as people say it, and how it is to be looked at. */
export function stateWords(state) {
  return { text: named("state", state), kind: KINDS[state] ?? "" };
}

const KINDS = {
  enroute: "info", held: "info",
  delivered: "good", accepted: "good", completed: "good",
  deleted: "warn", unknown: "warn",
  expired: "bad", undeliverable: "bad", rejected: "bad", refused: "bad",
};

/** Put a state into a tag. */
export function tagState(tag, state) {
  const { text, kind } = stateWords(state);
  tag.textContent = text;
  tag.className = `tag ${kind}`;
}

