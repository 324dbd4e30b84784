// The log with what one does to it: search, level, follow, copy, one event in full, the keys.

const LEVEL_NAMES = { all: "All levels", info: "Info and above", warning: "Warnings and errors", error: "Errors" };

class LogPanel {
  constructor(feed, changed) {
    Object.assign(this, { feed, changed, found: null });
    this.view = new LogView({
      source: () => this.found ?? feed.store,
      open: (row) => this.open(row),
      reachedTop: () => this.found?.older(),
      followChanged: () => this.drawFollow(),
      wanted: (seq) => feed.wanted(seq),
    });
    this.build();
  }

  build() {
    this.box = node("div", "log-panel");
    this.search = node("input", "search");
    Object.assign(this.search, { type: "search", placeholder: "Search the log  ( / )", spellcheck: false, maxLength: 500 });
    this.search.setAttribute("aria-label", "Search the whole log");
    this.level = node("select", "level-choice");
    this.level.setAttribute("aria-label", "Levels shown");
    for (const [value, name] of Object.entries(LEVEL_NAMES)) this.level.append(Object.assign(node("option", "", name), { value }));
    this.result = node("span", "result");
    this.result.setAttribute("role", "status");
    this.followButton = button("quiet follow", "Follow", "Follow the log's end (f)", () => this.setFollow(!this.view.isFollowing));
    this.copyButton = button("quiet", "Copy", "Copy what is selected, else all lines here", () => this.copy());
    const bar = node("div", "bar");
    bar.append(this.search, this.level, this.result, this.followButton, this.copyButton);
    this.empty = node("p", "empty", "The log begins with the run's first words.");
    this.detail = node("div", "detail");
    this.detail.hidden = true;
    const frame = node("div", "log-frame");
    frame.append(this.view.box, this.empty, this.detail);
    this.box.append(bar, frame);
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.find(), 150);
    });
    this.level.addEventListener("change", () => this.find());
    this.drawFollow();
  }

  find() {
    const text = this.search.value;
    const choice = this.level.value;
    this.view.reset();
    this.view.follow(true);
    this.found = null;
    if (text || choice !== "all") {
      const found = new FoundLines(this.feed.store, text, choice, (frame) => this.feed.link.request(frame), () => {
        if (this.found === found) this.changed();
      });
      this.found = found;
      found.start();
    }
    this.changed();
  }

  took(event) {
    this.found?.addLive(event);
  }

  linkChanged(isLive) {
    if (isLive && this.found?.isLocal) this.find();
  }

  draw() {
    const source = this.found ?? this.feed.store;
    this.empty.hidden = source.rowCount > 0;
    put(this.empty, this.found ? (this.found.searchedTo === Infinity ? "Searching \u2026" : "No line matches.") : "The log begins with the run's first words.");
    put(this.result, this.resultText());
    this.view.draw();
  }

  resultText() {
    const figure = (value) => value.toLocaleString("en-US");
    const { found, feed } = this;
    if (!found) return `${figure(feed.store.rowCount)} ${feed.store.rowCount === 1 ? "line" : "lines"}`;
    if (found.searchedTo === Infinity) return "searching \u2026";
    const matches = `${figure(found.count)} ${found.count === 1 ? "match" : "matches"}`;
    return found.isLocal ? `${matches} in the ${figure(feed.store.rowCount)} lines here: the relay is away` : `${matches} in the whole log`;
  }

  drawFollow() {
    const isOn = this.view.isFollowing;
    this.followButton.setAttribute("aria-pressed", String(isOn));
    put(this.followButton, isOn ? "Following" : "Follow");
    this.followButton.setAttribute("aria-label", `${isOn ? "Following. " : ""}Follow the log's end (f)`);
  }

  setFollow(isOn) {
    this.view.follow(isOn);
    this.view.draw();
  }

  open(row) {
    const close = button("quiet close", "Close", "Close the line (Esc)", () => this.shut());
    const head = node("div", "detail-head");
    head.append(node("span", "", `line ${row.seq}  \u00b7  ${row.level}  \u00b7  ${new Date(row.time).toISOString().replace("T", " ").replace("Z", " UTC")}`), close);
    const text = node("pre");
    for (const piece of segments(row.text ?? "")) text.append(node("span", piece.classes, piece.text));
    const fields = node("dl");
    for (const [name, value] of Object.entries(row.fields ? JSON.parse(row.fields) : {})) {
      fields.append(node("dt", "", harmless(name)), node("dd", "", harmless(String(value))));
    }
    this.detail.replaceChildren(head, text, fields);
    this.detail.hidden = false;
    close.focus({ preventScroll: true });
  }

  shut() {
    this.detail.hidden = true;
    this.view.box.focus({ preventScroll: true });
  }

  async copy() {
    const root = this.box.getRootNode();
    const selected = String((root.getSelection?.() ?? document.getSelection()) || "");
    const lines = [];
    const rows = this.found ? this.found.lines : this.feed.store.rows();
    if (!selected) for (const row of rows) if (row.text !== null) lines.push(copiedLine(row));
    const said = selected ? "Copied the selection" : `Copied ${lines.length.toLocaleString("en-US")} lines`;
    const isDone = await toClipboard(selected || lines.join("\n"), this.box);
    put(this.copyButton, isDone ? said : "The browser refused");
    setTimeout(() => put(this.copyButton, "Copy"), 2000);
  }

  // Return whether the key was ours.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const target = event.composedPath()[0];
    if (event.key === "Escape") return this.escape(target);
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return false;
    const actions = {
      "/": () => this.search.focus(),
      f: () => this.setFollow(!this.view.isFollowing),
      g: () => this.view.toTop(),
      G: () => this.setFollow(true),
    };
    if (!actions[event.key]) return false;
    actions[event.key]();
    return true;
  }

  escape(target) {
    if (!this.detail.hidden) this.shut();
    else if (target === this.search || this.search.value) {
      this.search.value = "";
      this.find();
      this.view.box.focus({ preventScroll: true });
    } else return false;
    return true;
  }
}

function copiedLine(row) {
  const fields = row.fields ? ` ${fieldsText(JSON.parse(row.fields))}` : "";
  return `${new Date(row.time).toISOString()} ${row.level} ${plainText(row.text)}${harmless(fields)}`;
}

async function toClipboard(text, place) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = node("textarea"); // pages that come without TLS have no clipboard of their own
  area.value = text;
  place.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}
