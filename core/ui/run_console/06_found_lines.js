// The lines that a search or a level lets through: asked of the relay over the whole log, matched here for what is new.

const LEVEL_CHOICES = { all: null, info: ["info", "warning", "error"], warning: ["warning", "error"], error: ["error"] };
const PAGE = 200;

class FoundLines {
  // `ask(frame)` is a promise of the relay's answer; `changed()` is called when there is something new to draw.
  constructor(store, text, choice, ask, changed) {
    Object.assign(this, { store, text, levels: LEVEL_CHOICES[choice], ask, changed });
    this.needle = text.toLowerCase();
    this.lines = [];
    this.seqs = new Set();
    this.count = 0;
    this.searchedTo = Infinity; // until the relay has said how far it looked
    this.waiting = [];
    this.hasMore = false;
    this.isAsking = false;
    this.isLocal = false;
    this.version = 0;
  }

  get rowCount() {
    return this.lines.length;
  }

  rowAt(position) {
    return this.lines[position];
  }

  rowsBefore(seq) {
    return this.lines.filter((line) => line.seq < seq).length;
  }

  // Look over the whole log, or over what is here when the relay cannot.
  async start() {
    try {
      const answer = await this.page(null);
      this.searchedTo = answer.searched_to_seq ?? answer.head_seq;
      this.count = answer.match_count;
      for (const event of this.waiting) this.addLive(event);
      this.waiting = [];
    } catch {
      this.startHere();
    }
    this.changed();
  }

  startHere() {
    this.isLocal = true;
    this.searchedTo = 0;
    const found = [];
    for (const row of this.store.rows()) if (this.matches(row)) found.push(row);
    this.take(found);
    this.count = this.lines.length;
  }

  async older() {
    if (!this.hasMore || this.isAsking || !this.lines.length) return;
    await this.page(this.lines[0].seq).catch(() => null);
    this.changed();
  }

  async page(before) {
    this.isAsking = true;
    try {
      const answer = await this.ask({ frame: "search", text: this.text, levels: this.levels, before_seq: before, limit: PAGE });
      this.hasMore = answer.has_more;
      this.take(answer.events.map((event) => ({ seq: event.seq, ...readable(rowOf(event)) })));
      return answer;
    } finally {
      this.isAsking = false;
    }
  }

  // Take a new event of the run into account.
  addLive(event) {
    if (event.type !== "log") return;
    if (this.searchedTo === Infinity) this.waiting.push(event);
    else if (event.seq > this.searchedTo && !this.seqs.has(event.seq)) {
      const row = { seq: event.seq, ...readable(rowOf(event)) };
      if (!this.matches(row)) return;
      this.take([row]);
      this.count += 1;
    }
  }

  matches(row) {
    if (row.text === null || (this.levels && !this.levels.includes(row.level))) return false;
    if (row.text.toLowerCase().includes(this.needle)) return true;
    return row.fields !== null && Object.values(JSON.parse(row.fields)).some((value) => String(value).toLowerCase().includes(this.needle));
  }

  take(rows) {
    const fresh = rows.filter((row) => !this.seqs.has(row.seq));
    for (const row of fresh) this.seqs.add(row.seq);
    const isInOrder = !this.lines.length || !fresh.length || fresh[0].seq > this.lines.at(-1).seq;
    for (const row of fresh) this.lines.push(row);
    if (!isInOrder) this.lines.sort((left, right) => left.seq - right.seq);
    this.version += 1;
  }
}

function readable(row) {
  return { ...row, level: LEVELS[row.level] };
}
