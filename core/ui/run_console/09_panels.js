// What stands above the log: the head line, the steps, the files.

const STATE_ICONS = { queued: "\u25cb", running: "\u25cf", completed: "\u2713", failed: "\u2715", crashed: "\u2715", cancelled: "\u2298" };

// What is read aloud begins with what is seen.
const CANCEL = "Cancel this run";
const CANCEL_ALL = `${CANCEL} and everything it started`;

class HeadLine {
  // `cancel()` is called once a person has said yes.
  constructor(cancel) {
    this.box = node("div", "head");
    this.badge = node("span", "badge");
    this.badge.setAttribute("role", "status");
    this.times = node("span", "times");
    this.said = node("span", "said");
    this.whole = node("span", "whole");
    this.whole.setAttribute("data-testid", "completeness");
    this.whole.title = "What the run has told and is here: lines, steps, figures and files";
    this.ask = node("span", "ask");
    this.cancelButton = button("quiet", CANCEL, CANCEL_ALL, () => this.confirm(true));
    this.yes = button("danger", "Yes, cancel the run", "Yes, cancel the run", () => {
      this.confirm(false);
      this.cancelButton.disabled = true;
      this.cancelButton.textContent = "Cancelling \u2026";
      this.cancelButton.removeAttribute("aria-label");
      cancel();
    });
    this.no = button("quiet", "Keep the run running", "Keep the run running", () => this.confirm(false));
    this.ask.append(node("span", "", "Cancel this run?"), this.yes, this.no);
    this.confirm(false);
    this.box.append(this.badge, this.times, this.said, this.whole, this.cancelButton, this.ask);
  }

  confirm(isAsking) {
    const hadFocus = this.box.contains(this.box.getRootNode().activeElement);
    this.ask.hidden = !isAsking;
    this.cancelButton.hidden = isAsking || this.isOver;
    if (isAsking) this.no.focus();
    else if (hadFocus && !this.cancelButton.hidden) this.cancelButton.focus();
  }

  draw(status, elapsed, eta, completeness) {
    const state = status.state;
    this.badge.className = `badge ${state}`;
    put(this.badge, `${STATE_ICONS[state] ?? "\u25cf"} ${state}`);
    put(this.times, [elapsed, eta].filter(Boolean).join("  \u00b7  "));
    put(this.said, harmless(status.current_status || ""));
    this.said.title = this.said.textContent;
    this.whole.className = `whole ${completeness.kind}`;
    put(this.whole, completeness.text);
    this.isOver = ENDED.has(state);
    if (this.isOver) [this.ask.hidden, this.cancelButton.hidden] = [true, true];
  }

  cancelAnswered() {
    this.cancelButton.disabled = false;
    this.cancelButton.textContent = CANCEL;
    this.cancelButton.setAttribute("aria-label", CANCEL_ALL);
  }
}

// Nothing is written anew that says the same: screen readers would read it again.
function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

class PhaseList {
  constructor() {
    this.box = node("div", "phases");
    this.empty = node("p", "empty", "No step has begun.");
    this.box.append(this.empty);
    this.drawn = new Map();
  }

  draw(facts, now) {
    const phases = facts.orderedPhases();
    this.empty.hidden = phases.length > 0;
    put(this.empty, facts.hasEnded ? "The run told no steps." : "No step has begun.");
    phases.forEach((phase, at) => {
      let row = this.drawn.get(phase.name);
      if (!row) this.drawn.set(phase.name, (row = this.row(phase)));
      if (this.box.children[at + 1] !== row.box) this.box.insertBefore(row.box, this.box.children[at + 1] ?? null);
      this.fill(row, phase, now);
    });
    const current = phases.find((phase) => phase.isCurrent);
    if (current && current.name !== this.current) this.drawn.get(current.name).box.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    this.current = current?.name;
  }

  row(phase) {
    const box = node("div", "phase");
    const [mark, name, figures] = [node("span", "mark"), node("span", "name", harmless(phase.name)), node("span", "figures")];
    name.title = name.textContent;
    const bar = node("progress");
    bar.setAttribute("aria-label", harmless(phase.name));
    const head = node("div", "phase-head");
    head.append(mark, name, figures);
    box.append(head, bar);
    return { box, mark, figures, bar };
  }

  fill({ box, mark, figures, bar }, phase, now) {
    box.className = `phase ${phase.isDone ? "done" : phase.isCurrent ? "current" : "stopped"}${phase.within ? " part" : ""}`;
    put(mark, phase.isDone ? "\u2713" : phase.isCurrent ? "\u25b8" : "\u2013");
    const total = phase.total === null ? "" : ` of ${figureText(phase.total)}`;
    const amount = `${figureText(phase.value)}${total} ${harmless(phase.unit)}`.trim();
    const isWorthTelling = phase.total === null || phase.total > 1;
    const left = phase.isCurrent ? timeLeftText(timeLeft(phase, now)) : "";
    put(figures, [isWorthTelling && amount, left].filter(Boolean).join("  \u00b7  "));
    figures.title = figures.textContent;
    bar.max = phase.total || 1;
    if (phase.total === null && phase.isCurrent) bar.removeAttribute("value");
    else bar.value = phase.total === null ? 1 : phase.value;
  }
}

class ArtifactList {
  constructor() {
    this.box = node("div", "artifacts");
    this.empty = node("p", "empty", "Files appear here as the run writes them.");
    this.box.append(this.empty);
    this.drawn = new Map();
  }

  draw(facts) {
    this.empty.hidden = facts.artifacts.size > 0;
    put(this.empty, facts.hasEnded ? "The run wrote no files." : "Files appear here as the run writes them.");
    for (const file of [...facts.artifacts.values()].sort((left, right) => left.seq - right.seq)) {
      let row = this.drawn.get(file.name);
      if (!row) {
        row = node("div", "artifact");
        row.append(node("span", "name", harmless(file.name)), node("span", "size"));
        this.drawn.set(file.name, row);
        this.box.append(row);
      }
      put(row.lastChild, sizeText(file.size));
    }
  }
}

function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function figureText(value) {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : value.toLocaleString("en-US", { maximumFractionDigits: 1 });
}
