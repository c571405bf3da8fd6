// What an SMS of a text costs, and which of its characters nobody would see.
//
// The counting is that of the gateway (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1): GSM 7-bit where every character
// is in it, an extension character being two septets, else UCS-2 in units of 16 bits; 160/153 septets, 70/67 units;
// no cut within an escape or surrogate pair, nor before a combining mark or within an emoji where that can be helped.

const MAIN =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION = "\f^{}\\[~]|€";
const SEPTETS = new Map([...[...MAIN].map((c) => [c, 1]), ...[...EXTENSION].map((c) => [c, 2])]);

// Back from a full part at most so far for the sake of marks and emoji.
const FURTHEST_BACK = 16;

/** {alphabet, used, segments, left}: `left` is how many characters more fit without another segment. */
export function measure(text) {
  let used = 0;
  for (const character of text) {
    const septets = SEPTETS.get(character);
    if (septets === undefined) return measureUcs2(text);
    used += septets;
  }
  if (used <= 160) return { alphabet: "GSM 7-bit", used, segments: text ? 1 : 0, left: 160 - used };
  let segments = 1;
  let filled = 0;
  for (const character of text) {
    const septets = SEPTETS.get(character);
    if (filled + septets > 153) {
      segments += 1;
      filled = 0;
    }
    filled += septets;
  }
  return { alphabet: "GSM 7-bit", used, segments, left: 153 - filled };
}

function measureUcs2(text) {
  const used = text.length;
  if (used <= 70) return { alphabet: "UCS-2", used, segments: 1, left: 70 - used };
  let segments = 0;
  let start = 0;
  let end = 0;
  while (start < used) {
    end = endOfPart(text, start);
    segments += 1;
    if (end < used) start = end;
    else break;
  }
  return { alphabet: "UCS-2", used, segments, left: 67 - (end - start) };
}

function endOfPart(text, start) {
  const end = Math.min(start + 67, text.length);
  if (end === text.length) return end;
  const safe = partsPair(text, end) ? end - 1 : end;
  for (let cut = safe; cut > Math.max(start, end - FURTHEST_BACK); cut -= 1) {
    if (!partsPair(text, cut) && !partsCluster(text, cut)) return cut;
  }
  return safe;
}

function partsPair(text, cut) {
  return (text.charCodeAt(cut - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(cut) & 0xfc00) === 0xdc00;
}

function partsCluster(text, cut) {
  const after = String.fromCodePoint(text.codePointAt(cut));
  return text[cut - 1] === "\u200d" || after === "\u200d" || /[\u{1f3fb}-\u{1f3ff}]|\p{M}/u.test(after);
}

// Controls, formats (bidi controls among them), halves of surrogate pairs, line and paragraph separators, and the
// letters that are blank. Line feeds are no secret; a joiner or variation selector within an emoji is part of it.
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/gu;
const PICTURE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const KEYCAP = /[0-9#*]$/;

/** The text in pieces: {text} to be shown as it is, {unseen: "U+202E"} to be shown by its number. */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const [character] = match;
    if (character === "\n" || character === "\t") continue;
    const before = text.slice(from, match.index);
    if ((character === "\u200d" || character === "\ufe0f") && PICTURE.test(before)) continue;
    if (character === "\ufe0f" && KEYCAP.test(before)) continue;
    if (before) found.push({ text: before });
    found.push({ unseen: `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` });
    from = match.index + character.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}
