// Where the events come from: the relay while it is there, else the run's file, which Python reads every second.
//
// 1. The subscription goes on where the events end; a long log is joined near its end.
// 2. Gaps below the last event are fetched newest first, one block at a time.
// 3. Without the relay the same questions go to Python, one at a time, each with a number of its own.

const LONG_LOG = 50000;
const TAIL = 2000;
const GRACE_MS = 1500;
const PAGE_EVENTS = 5000;
const POLL_MS = 1000;
const LOST_ASK_MS = 5000;
const SILENCE_MS = 4000;

// `python(name, value)` asks the script; `took(event)` follows every new event; `changed()` asks for drawing.
class RunFeed {
  constructor({ python, took, changed, linkChanged }) {
    Object.assign(this, { python, took, changed, tellLink: linkChanged });
    this.store = new EventStore();
    this.facts = new RunFacts();
    this.link = new RelayLink({
      address: () => this.address,
      token: () => (this.tokenText && Date.now() < this.tokenUntil ? this.tokenText : null),
      dropToken: () => (this.tokenText = null),
      askToken: () => this.python("ask_token", this.nonce()),
      subscription: (hasSeq) => this.subscription(hasSeq),
      take: (frame) => this.take(frame),
      linkChanged: (isLive) => this.linkChanged(isLive),
    });
    this.isAway = false;
    this.asked = null;
    this.silentSince = null;
    this.isFetching = false;
    this.wantedBlocks = new Set();
    this.count = 0;
    this.graceTimer = setTimeout(() => this.away(), GRACE_MS);
    this.pollTimer = setInterval(() => this.poll(), POLL_MS);
  }

  nonce() {
    return `${Date.now()}-${(this.count += 1)}`;
  }

  // Take what the script says: the address, a token, a page of events.
  update({ route, token, page }) {
    this.address = new URL(route, dashboardAddress()).href.replace(/^http/, "ws");
    if (page && page.nonce === this.asked?.nonce) this.takePage(page);
    if (token && token.text !== this.tokenText) {
      this.tokenText = token.text;
      this.tokenUntil = Date.now() + 800 * token.lifetime_s; // used up a little earlier than it ends
      if (this.link.isWaiting) this.link.open();
    }
    if (!this.isOpened) this.link.open();
    this.isOpened = true;
  }

  close() {
    clearTimeout(this.graceTimer);
    clearInterval(this.pollTimer);
    this.link.close();
  }

  subscription(hasSeq) {
    const { last } = this.store;
    const isFar = hasSeq - last > LONG_LOG;
    return { frame: "subscribe", ...(isFar ? { tail: TAIL } : { from_seq: last + 1 }) };
  }

  take(frame) {
    this.store.head = Math.max(this.store.head, frame.head_seq || 0, frame.to_seq || 0);
    if (frame.frame === "batch") this.takeEvents(frame.events);
    this.changed();
    this.fillGaps();
  }

  takeEvents(events) {
    for (const event of events) {
      if (!this.store.add(event)) continue;
      this.facts.add(event);
      this.took(event);
    }
    this.store.trim();
  }

  linkChanged(isLive) {
    if (isLive) {
      clearTimeout(this.graceTimer);
      [this.graceTimer, this.isAway] = [null, false];
      [this.asked, this.silentSince] = [null, null];
    } else if (!this.link.isClosed) this.graceTimer ??= setTimeout(() => this.away(), GRACE_MS); // once, not each try
    this.tellLink(isLive);
    this.changed();
  }

  away() {
    this.isAway = !this.link.isLive && !this.link.isClosed;
    this.poll();
    this.changed();
  }

  get isComplete() {
    return this.facts.hasEnded && this.store.missing === 0 && this.store.last >= this.facts.status.seq;
  }

  // Ask the script for what comes next, or for a gap; the answer comes through update().
  poll() {
    if (!this.isAway || this.isComplete) return;
    if (this.asked && Date.now() - this.asked.at < LOST_ASK_MS) return;
    const { last } = this.store;
    const gap = this.askGap ? this.store.newestGap(last + 1) : null;
    // A gap that fills its block downwards goes on below it, likely: what is here already changes nothing.
    const first = gap && (gap.from % BLOCK === 1 ? Math.max(1, gap.to - PAGE_EVENTS + 1) : gap.from);
    const range = gap ? { from_seq: first, to_seq: gap.to } : { from_seq: last + 1, to_seq: null };
    this.asked = { nonce: this.nonce(), at: Date.now() };
    this.silentSince ??= Date.now();
    this.python("ask_events", { nonce: this.asked.nonce, ...range, tail: last === 0 ? TAIL : null });
  }

  // Whether the script has left questions unanswered for long.
  get isSilent() {
    return this.silentSince !== null && Date.now() - this.silentSince > SILENCE_MS;
  }

  takePage(page) {
    [this.asked, this.silentSince] = [null, null];
    this.store.head = Math.max(this.store.head, page.head_seq);
    this.takeEvents(page.events);
    this.changed();
    const isBehind = this.store.last < this.store.head;
    this.askGap = !isBehind && this.store.missing > 0;
    if (isBehind || this.askGap) this.poll();
  }

  async fillGaps() {
    if (this.isFetching || !this.link.isLive) return;
    const gap = this.store.newestGap(this.store.last + 1);
    const block = gap ? undefined : [...this.wantedBlocks].pop();
    if (!gap && block === undefined) return;
    this.isFetching = true;
    try {
      if (gap) await this.fetchGap(gap);
      else await this.fetchBlock(block);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.isFetching = false;
    this.changed();
    this.fillGaps();
  }

  async fetchGap(gap) {
    const from = Math.max(gap.from, gap.to - this.link.fetchLimit + 1);
    const answer = await this.link.request({ frame: "fetch", from_seq: from, to_seq: gap.to });
    if (!answer.events.length) throw new Error("the relay has nothing there");
    this.takeEvents(answer.events);
  }

  async fetchBlock(number) {
    const [first, last] = [number * BLOCK + 1, number * BLOCK + BLOCK];
    const events = [];
    for (let from = first; from <= last; from += this.link.fetchLimit) {
      const to = Math.min(last, from + this.link.fetchLimit - 1);
      const answer = await this.link.request({ frame: "fetch", from_seq: from, to_seq: to });
      events.push(...answer.events);
      if (!answer.events.length) break;
      from = answer.events.at(-1).seq + 1 - this.link.fetchLimit; // an answer may end early where it is large
    }
    this.store.refill(number, events);
    this.wantedBlocks.delete(number);
  }

  // Somebody looks at a row whose text was let go.
  wanted(seq) {
    this.wantedBlocks.add(Math.floor((seq - 1) / BLOCK));
    this.fillGaps();
  }

  completeness() {
    const { head, held, last, missing } = this.store;
    const figure = (value) => value.toLocaleString("en-US");
    const gap = missing - (head - last);
    if (head === 0) return { kind: "waiting", text: "no events yet" };
    if (gap > 0) return { kind: "gap", text: `gap: ${figure(gap)} ${gap === 1 ? "line" : "lines"}, fetching` };
    if (missing > 0) return { kind: "waiting", text: `reading: ${figure(held)} of ${figure(head)} events` };
    return { kind: "complete", text: `complete: ${figure(held)} of ${figure(head)} events` };
  }
}

// Return where the dashboard is, also behind a proxy that puts a prefix before it: the page's own scripts tell.
function dashboardAddress() {
  const own = [...document.scripts].map((script) => script.src).find((source) => source.includes("/static/js/"));
  return own ? own.slice(0, own.lastIndexOf("/static/js/") + 1) : `${location.origin}/`;
}
