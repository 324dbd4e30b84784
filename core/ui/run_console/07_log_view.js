// The log on the screen: only the rows that can be seen are in the page, whatever the length of the log.

const ROW_PX = 20;
const SPARE_ROWS = 6;
const SPOKEN_LINES = 2; // a second
const TALLEST_PX = 12000000; // browsers draw no taller element: beyond it the scroll bar stands for more than one row a step

function node(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(className, text, label, press) {
  const made = node("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", press);
  return made;
}

class LogView {
  // `host`: source() -> rows, open(row), reachedTop(), followChanged(), wanted(seq).
  constructor(host) {
    this.host = host;
    this.isFollowing = true;
    this.box = node("div", "log");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "log");
    this.box.setAttribute("aria-label", "Log of the run");
    this.box.setAttribute("aria-live", "off");
    this.canvas = node("div", "lines");
    this.box.append(this.canvas);
    this.drawn = new Map();
    this.widest = 0;
    this.anchor = null;
    this.setTop = 0;
    this.box.addEventListener("scroll", () => this.scrolled());
  }

  // Once a second: a screen reader is told of new lines only while they come slowly.
  tick() {
    const count = this.host.source().rowCount;
    const isSlow = this.isFollowing && count - (this.countBefore ?? count) <= SPOKEN_LINES;
    this.box.setAttribute("aria-live", isSlow ? "polite" : "off");
    this.countBefore = count;
  }

  // Forget what is drawn: the rows are of another kind now.
  reset() {
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.anchor = null;
    this.widest = 0;
  }

  follow(isFollowing) {
    if (this.isFollowing === isFollowing) return;
    this.isFollowing = isFollowing;
    this.host.followChanged();
  }

  toTop() {
    this.follow(false);
    this.anchor = null;
    this.box.scrollTop = 0;
    this.host.reachedTop();
  }

  scrolled() {
    const top = this.box.scrollTop;
    const isAtEnd = top + this.box.clientHeight >= this.box.scrollHeight - ROW_PX / 2;
    const isOwn = Math.abs(top - this.setTop) < 1; // told of a moment later: a person may have let go meanwhile
    if (isAtEnd && !isOwn) this.follow(true);
    else if (top < this.setTop - 2) this.follow(false);
    if (!this.isFollowing) this.setTop = top;
    if (top < ROW_PX) this.host.reachedTop();
    // Rows may have come in since the last drawing: what is under the eye is what was drawn there.
    const position = Math.floor(top / ROW_PX);
    const row = this.drawn.get(position);
    this.anchor = row ? { seq: Number(row.dataset.seq), position, rest: top - position * ROW_PX } : null;
    this.draw();
  }

  draw() {
    const source = this.host.source();
    const count = source.rowCount;
    const height = Math.min(TALLEST_PX, count * ROW_PX);
    const shown = this.box.clientHeight;
    this.canvas.style.height = `${height}px`;
    if (!this.isFollowing) this.keepPlace(source, height);
    const end = Math.max(0, height - shown);
    const top = this.isFollowing ? end : this.box.scrollTop;
    const reach = Math.max(1, height - shown);
    const rowsReach = Math.max(0, count * ROW_PX - shown);
    const offset = height < count * ROW_PX ? (Math.min(top, reach) / reach) * rowsReach : top;
    const from = Math.max(0, Math.floor(offset / ROW_PX) - SPARE_ROWS);
    const to = Math.min(count, Math.ceil((offset + shown) / ROW_PX) + SPARE_ROWS);
    for (const [position, row] of this.drawn) {
      if (position < from || position >= to) this.drop(position, row);
    }
    for (let position = from; position < to; position += 1) this.place(source, position, top - offset);
    this.canvas.style.minWidth = `calc(${this.widest}ch + 9.5rem)`;
    const first = Math.floor(offset / ROW_PX);
    if (this.isFollowing) this.toEnd(end);
    else if (first < count) this.anchor = { seq: source.rowAt(first).seq, position: first, rest: offset - first * ROW_PX };
  }

  // After the rows are placed: the browser lays the page out for each change of the scroll position.
  toEnd(end) {
    this.box.scrollTop = end;
    this.setTop = this.box.scrollTop;
  }

  // Rows that come in above, fetched later, move nothing.
  keepPlace(source, height) {
    const { anchor } = this;
    if (!anchor || height === TALLEST_PX || source.rowAt(Math.min(anchor.position, source.rowCount - 1))?.seq === anchor.seq) return;
    const position = source.rowsBefore(anchor.seq);
    this.box.scrollTop = this.setTop = position * ROW_PX + anchor.rest;
  }

  drop(position, row) {
    row.remove();
    this.drawn.delete(position);
  }

  place(source, position, shift) {
    const line = source.rowAt(position);
    if (line.text === null) this.host.wanted(line.seq);
    const key = `${line.seq}${line.text === null ? " away" : ""}`;
    let row = this.drawn.get(position);
    if (row && row.dataset.key !== key) {
      this.drop(position, row);
      row = undefined;
    }
    if (!row) {
      row = this.paint(line, source.needle || "");
      row.dataset.key = key;
      this.drawn.set(position, row);
      this.canvas.append(row);
    }
    row.style.transform = `translateY(${position * ROW_PX + shift}px)`;
  }

  paint(line, needle) {
    const row = node("div", `row ${line.level}`);
    row.dataset.seq = line.seq;
    row.append(node("span", "time", clockText(line.time)), node("span", "level", line.level));
    const text = node("span", "text");
    let width = 0;
    for (const piece of rowSegments(line.text ?? "\u2026")) {
      width += piece.text.length;
      text.append(...marked(piece, needle));
    }
    row.append(text);
    if (line.fields) {
      const fields = harmless(fieldsText(JSON.parse(line.fields)).replace(/\r?\n/g, " \u23ce ")).slice(0, LONGEST_ROW);
      width += fields.length + 2;
      const shown = node("span", "fields");
      shown.append(...marked({ text: fields, classes: "" }, needle));
      row.append(shown);
    }
    this.widest = Math.max(this.widest, width);
    row.addEventListener("click", () => this.host.open(line));
    return row;
  }
}

// Return the nodes of one piece of text, what was searched for marked.
function marked(piece, needle) {
  const nodes = [];
  const lower = piece.text.toLowerCase();
  let from = 0;
  for (let at = needle ? lower.indexOf(needle) : -1; at >= 0; at = lower.indexOf(needle, from)) {
    nodes.push(node("span", piece.classes, piece.text.slice(from, at)), node("mark", piece.classes, piece.text.slice(at, at + needle.length)));
    from = at + needle.length;
  }
  nodes.push(node("span", piece.classes, piece.text.slice(from)));
  return nodes;
}

function clockText(time) {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
