// The console as a whole: one object for each place on a page, kept while the script runs again and again.

const PAUSE_MS = 8; // between drawings: half a frame

const consoles = new Map();

class RunConsole {
  constructor(key, python) {
    this.key = key;
    this.python = python;
    this.record = { state: "queued", current_status: "" };
    this.skew = 0;
    this.finishedSaid = 0;
    this.isScheduled = false;
    this.drawnAt = performance.now(); // the first drawing waits for a frame, when the page has its place
    this.feed = new RunFeed({
      python: (name, value) => this.python(name, value),
      took: (event) => this.took(event),
      changed: () => this.schedule(),
      linkChanged: (isLive) => this.log.linkChanged(isLive),
    });
    this.build();
    this.onKey = (event) => this.key_(event);
    this.onShown = () => this.schedule();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("visibilitychange", this.onShown);
    this.second = setInterval(() => {
      this.log.view.tick();
      this.look = null; // the theme may have changed
      this.schedule();
    }, 1000);
    this.sized = new ResizeObserver(() => this.schedule());
    this.sized.observe(this.log.view.box);
  }

  build() {
    this.frame = node("div", "console-frame"); // its width decides the layout
    this.box = node("section", "console");
    this.frame.append(this.box);
    this.box.setAttribute("aria-label", "Run console");
    this.head = new HeadLine(() => this.python("cancel", this.feed.nonce()));
    this.notice = node("p", "notice");
    this.notice.setAttribute("role", "status");
    this.reason = node("pre", "reason");
    this.reason.setAttribute("role", "alert");
    this.phases = new PhaseList();
    this.curves = new CurveStrip();
    this.artifacts = new ArtifactList();
    this.log = new LogPanel(this.feed, () => this.schedule());
    const panels = node("div", "panels");
    for (const [title, panel] of [["Steps", this.phases], ["Curves", this.curves], ["Files", this.artifacts]]) {
      const part = node("section", `panel ${title.toLowerCase()}-panel`);
      part.append(node("h4", "", title), panel.box);
      panels.append(part);
    }
    this.box.append(this.head.box, this.notice, panels, this.reason, this.log.box);
  }

  update(data, python) {
    this.python = python;
    this.record = data.record;
    this.skew = Date.now() - data.now_ms;
    if (data.message && data.message.nonce !== this.messageNonce) {
      this.messageNonce = data.message.nonce;
      this.message = data.message.text;
      this.head.cancelAnswered();
    }
    this.feed.update(data);
    this.sayFinished();
    this.schedule();
  }

  took(event) {
    this.log.took(event);
    if (event.type === "status") this.sayFinished();
  }

  // From the message itself and not from drawing, which sleeps in a hidden tab.
  sayFinished() {
    if (!this.feed.facts.hasEnded || ENDED.has(this.record.state) || this.finishedSaid >= 3) return;
    this.finishedSaid += 1;
    this.python("finished", this.feed.nonce());
  }

  schedule() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const drawNow = () => {
      this.isScheduled = false;
      this.drawnAt = performance.now();
      if (this.box.isConnected) this.draw();
    };
    // What comes after a quiet moment is drawn with the message that brought it; a flood waits for the frames.
    const isQuiet = performance.now() - this.drawnAt > PAUSE_MS;
    if (isQuiet && !document.hidden) queueMicrotask(drawNow);
    else requestAnimationFrame(drawNow);
  }

  draw() {
    this.log.draw(); // first: it asks for its height, which what the others change would have to be laid out for
    const { facts } = this.feed;
    const status = facts.status && (facts.hasEnded || !ENDED.has(this.record.state)) ? facts.status : this.record;
    const now = Date.now() - this.skew;
    const current = facts.orderedPhases().find((phase) => phase.isCurrent);
    const eta = current ? `${harmless(current.name)}: ${timeLeftText(timeLeft(current, now))}` : "";
    this.head.draw(status, this.elapsed(status, now), eta, this.feed.completeness());
    this.phases.draw(facts, now);
    this.curves.draw(facts, (this.look ??= this.style()));
    this.artifacts.draw(facts);
    put(this.notice, this.noticeText());
    put(this.reason, status.error ? plainText(status.error) : "");
    this.reason.hidden = !status.error;
  }

  elapsed(status, now) {
    const begun = this.feed.facts.begun ?? this.record.started_ms;
    if (begun === null || begun === undefined) return "";
    if (!ENDED.has(status.state)) return durationText(now - begun);
    const lasted = this.lasted(status, begun);
    return lasted === null ? "" : `took ${durationText(lasted)}`;
  }

  // What the run's process has counted; else by the clock, unless that was set back, or the end is when somebody found it.
  lasted(status, begun) {
    const counted = status.elapsed_s ?? status.duration_s ?? null;
    if (counted !== null) return counted * 1000;
    return !status.time || status.time < begun || status.state === "crashed" ? null : status.time - begun;
  }

  noticeText() {
    if (this.message) return this.message;
    if (!this.feed.isAway) return "";
    if (this.feed.isComplete) return "The relay is away; the run has ended and its log is all here.";
    if (this.feed.link.isGarbled) return "What the relay sends cannot be read: looking at the file every second instead. Reload the page to try it again.";
    return this.feed.isSilent ? "Neither the relay nor the dashboard answers: trying again." : "The relay is away: looking at the file every second.";
  }

  style() {
    const shown = getComputedStyle(this.box);
    const value = (name) => shown.getPropertyValue(name).trim();
    return { accent: value("--console-accent"), muted: value("--console-muted"), border: value("--console-border"), font: shown.fontFamily };
  }

  key_(event) {
    const path = event.composedPath();
    const isHere = path.includes(this.box) || (event.target === document.body && consoles.size === 1);
    if (isHere && this.log.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("visibilitychange", this.onShown);
    clearInterval(this.second);
    this.sized.disconnect();
    this.feed.close();
    this.frame.remove();
  }
}

export default function mount({ data, parentElement, key, setTriggerValue }) {
  const name = `${key} ${data.run_id}`;
  let console_ = consoles.get(name);
  if (!console_) consoles.set(name, (console_ = new RunConsole(name, setTriggerValue)));
  if (console_.frame.parentNode !== parentElement) parentElement.append(console_.frame);
  console_.update(data, setTriggerValue);
  return () => {
    setTimeout(() => {
      if (console_.box.isConnected) return; // the script ran again, the console stays where it is
      consoles.delete(name);
      console_.close();
    });
  };
}
