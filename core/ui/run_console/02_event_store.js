// Which events are here, each once, and the rows of the log among them, in blocks of a thousand.
//
// 1. A block knows which of its events were seen: a second copy changes nothing, whatever the order of arrival.
// 2. What was not seen up to the head is a gap, newest first, until it is fetched.
// 3. Beyond KEPT_BLOCKS the texts of the block that was longest unused are let go; its rows stay, and the texts are
//    fetched again when somebody scrolls there.

const BLOCK = 1000;
const KEPT_BLOCKS = 250;
const LEVELS = ["debug", "info", "warning", "error"];

class EventBlock {
  constructor(number) {
    this.number = number;
    this.first = number * BLOCK + 1;
    this.seen = new Uint8Array(BLOCK);
    this.seenCount = 0;
    this.offsets = [];
    this.levels = [];
    this.times = [];
    this.texts = [];
    this.fields = [];
    this.used = 0;
  }

  insert(offset, row) {
    let at = this.offsets.length;
    while (at > 0 && this.offsets[at - 1] > offset) at -= 1;
    const lists = [this.offsets, this.levels, this.times, this.texts, this.fields];
    [offset, row.level, row.time, row.text, row.fields].forEach((value, which) => {
      if (at === lists[which].length) lists[which].push(value);
      else lists[which].splice(at, 0, value);
    });
  }

  row(at) {
    const seq = this.first + this.offsets[at];
    const [level, time] = [LEVELS[this.levels[at]], this.times[at]];
    if (this.texts === null) return { seq, level, time, text: null, fields: null };
    return { seq, level, time, text: this.texts[at], fields: this.fields[at] };
  }
}

// Return what the log shows of an event, or null: log lines, and the changes of state.
function rowOf(event) {
  const { payload } = event;
  const time = Date.parse(event.timestamp_utc);
  if (event.type === "log") {
    const fields = payload.fields && Object.keys(payload.fields).length ? JSON.stringify(payload.fields) : null;
    return { level: Math.max(0, LEVELS.indexOf(payload.level)), time, text: payload.message, fields };
  }
  if (event.type !== "status") return null;
  const level = payload.error ? 3 : 1;
  return { level, time, text: [`${payload.state}: ${payload.current_status}`, payload.error].filter(Boolean).join("\n"), fields: null };
}

class EventStore {
  constructor() {
    this.blocks = new Map();
    this.head = 0; // the last event that is known to exist
    this.last = 0; // the last event that is here
    this.held = 0;
    this.rowCount = 0;
    this.clock = 0;
    this.index = null;
  }

  // Take one event; return whether it was new.
  add(event) {
    const number = Math.floor((event.seq - 1) / BLOCK);
    let block = this.blocks.get(number);
    if (!block) this.blocks.set(number, (block = new EventBlock(number)));
    const offset = event.seq - block.first;
    if (block.seen[offset]) return false;
    block.seen[offset] = 1;
    block.seenCount += 1;
    block.used = this.clock += 1;
    this.held += 1;
    this.last = Math.max(this.last, event.seq);
    this.head = Math.max(this.head, event.seq);
    const row = rowOf(event);
    if (row) {
      block.insert(offset, row);
      this.rowCount += 1;
      this.index = null;
    }
    return true;
  }

  get missing() {
    return this.head - this.held;
  }

  // Return the newest stretch that is not here below `before`, at most a block long, or null.
  newestGap(before = this.head + 1) {
    for (let number = Math.floor((before - 2) / BLOCK); number >= 0; number -= 1) {
      const block = this.blocks.get(number);
      const first = number * BLOCK + 1;
      const length = Math.min(BLOCK, before - first);
      if (!block) return { from: first, to: first + length - 1 };
      if (block.seenCount < length || length < BLOCK) {
        let to = length - 1;
        while (to >= 0 && block.seen[to]) to -= 1;
        if (to >= 0) {
          let from = to;
          while (from > 0 && !block.seen[from - 1]) from -= 1;
          return { from: first + from, to: first + to };
        }
      }
    }
    return null;
  }

  rowAt(position) {
    const { blocks, starts } = this.ordered();
    let [low, high] = [0, blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= position) low = middle;
      else high = middle - 1;
    }
    blocks[low].used = this.clock += 1;
    return blocks[low].row(position - starts[low]);
  }

  // Return how many rows come before the event `seq`.
  rowsBefore(seq) {
    const { blocks, starts } = this.ordered();
    for (let at = blocks.length - 1; at >= 0; at -= 1) {
      if (blocks[at].first <= seq) return starts[at] + blocks[at].offsets.filter((offset) => blocks[at].first + offset < seq).length;
    }
    return 0;
  }

  *rows() {
    for (const block of this.ordered().blocks) {
      for (let at = 0; at < block.offsets.length; at += 1) yield block.row(at);
    }
  }

  trim() {
    const whole = [...this.blocks.values()].filter((block) => block.texts !== null && block.seenCount === BLOCK);
    if (whole.length <= KEPT_BLOCKS) return;
    whole.sort((left, right) => left.used - right.used);
    for (const block of whole.slice(0, whole.length - KEPT_BLOCKS)) [block.texts, block.fields] = [null, null];
  }

  // Bring the texts of a trimmed block back.
  refill(number, events) {
    const block = this.blocks.get(number);
    if (!block || block.texts !== null) return;
    const rows = events.map((event) => rowOf(event)).filter((row) => row !== null);
    if (rows.length !== block.offsets.length) return;
    block.texts = rows.map((row) => row.text);
    block.fields = rows.map((row) => row.fields);
    block.used = this.clock += 1;
  }

  ordered() {
    if (this.index === null) {
      const blocks = [...this.blocks.values()].sort((left, right) => left.number - right.number);
      const starts = [];
      let count = 0;
      for (const block of blocks) {
        starts.push(count);
        count += block.offsets.length;
      }
      this.index = { blocks, starts };
    }
    return this.index;
  }
}
