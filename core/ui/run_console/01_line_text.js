// A line of a log as what may be shown of it: colours as classes, everything else as the characters that it is.
// The order of the files in this folder is the order in which they become one module.

const SGR_OR_ERASE = /\x1b\[([0-9;:]*)m|\x1b\[[0-9;]*K/g;
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
const LONGEST_ROW = 2000;

// Control and direction characters get a visible form: they could move, hide or turn round what is read.
function harmless(text) {
  return text.replace(HARMFUL, (mark) => {
    const code = mark.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(0x40 + code)}` : `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
  });
}

// Of a progress bar that paints over itself, what it painted last.
function collapsed(text) {
  if (!text.includes("\r")) return text;
  return text
    .split("\n")
    .map((line) => {
      const kept = line.replace(/\r+$/, "");
      return kept.slice(kept.lastIndexOf("\r") + 1);
    })
    .join("\n");
}

function paint(style, codes) {
  let next = style;
  const numbers = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at];
    if (code === 0) next = { color: "", ground: "", bold: false };
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 22) next = { ...next, bold: false };
    else if (code === 39) next = { ...next, color: "" };
    else if (code === 49) next = { ...next, ground: "" };
    else if (code >= 30 && code <= 37) next = { ...next, color: `c${code - 30}` };
    else if (code >= 90 && code <= 97) next = { ...next, color: `c${code - 82}` };
    else if (code >= 40 && code <= 47) next = { ...next, ground: `g${code - 40}` };
    else if (code >= 100 && code <= 107) next = { ...next, ground: `g${code - 92}` };
    else if (code === 38 || code === 48) at += numbers[at + 1] === 5 ? 2 : 4; // 256 colours and RGB are left out
  }
  return next;
}

// Return [{text, classes}]: the pieces of one message, each in one style.
function segments(message) {
  const pieces = [];
  let style = { color: "", ground: "", bold: false };
  let from = 0;
  const text = collapsed(message);
  const push = (piece) => {
    const classes = [style.color, style.ground, style.bold ? "bold" : ""].filter(Boolean).join(" ");
    if (piece) pieces.push({ text: harmless(piece), classes });
  };
  for (const found of text.matchAll(SGR_OR_ERASE)) {
    push(text.slice(from, found.index));
    if (found[1] !== undefined) style = paint(style, found[1] || "0");
    from = found.index + found[0].length;
  }
  push(text.slice(from));
  return pieces;
}

function plainText(message) {
  return segments(message)
    .map((piece) => piece.text)
    .join("");
}

// One row stands for one event: its further lines follow behind a mark, the whole text opens with a click.
function rowSegments(message) {
  const cut = message.length > LONGEST_ROW ? `${message.slice(0, LONGEST_ROW)} \u2026` : message;
  return segments(cut.replace(/\r?\n/g, " \u23ce ")); // before carriage returns collapse: line ends are no progress bar
}

function fieldsText(fields) {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
