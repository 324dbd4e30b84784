// Runs in the page before its own scripts: notes what a person would see, and when. Moments are Date.now().

globalThis.probe = {
  // Return how long it takes from the click on `link` until the page's heading is `title` and `texts` stand in it.
  async switchTo(title, texts, hasTable) {
    const link = [...document.querySelectorAll('[data-testid="stSidebarNavLink"]')].find((each) => each.textContent.includes(title));
    const begun = performance.now();
    link.click();
    return this.until(() => this.shows(title, texts, hasTable), begun);
  },

  shows(title, texts, hasTable) {
    const main = document.querySelector('[data-testid="stMain"]');
    if (main?.querySelector("h1")?.textContent !== title) return false;
    if (hasTable && !main.querySelector('[data-testid="stDataFrame"] canvas')) return false;
    return texts.every((text) => main.textContent.includes(text));
  },

  // Note when the heading `title` had been painted.
  noteHeading(title) {
    this.until(() => document.querySelector("h1")?.textContent === title).then(() =>
      requestAnimationFrame(() => setTimeout(() => (this.headingStood = Date.now()))),
    );
  },

  // Looked at before each frame is painted.
  until(isThere, begun = performance.now()) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (isThere()) resolve(performance.now() - begun);
        else if (performance.now() - begun > 60000) reject(new Error("it did not come within a minute"));
        else requestAnimationFrame(look);
      };
      look();
    });
  },

  // Note the time between frames until told to stop.
  watchFrames() {
    this.frames = [];
    let before = performance.now();
    const note = (now) => {
      this.frames.push(now - before);
      before = now;
      this.frameRequest = requestAnimationFrame(note);
    };
    this.frameRequest = requestAnimationFrame(note);
  },

  stopFrames() {
    cancelAnimationFrame(this.frameRequest);
    return this.frames.slice(1);
  },

  // Every element below `root` that `selector` finds, also within shadow roots.
  find(selector, root = document) {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const each of root.querySelectorAll("*")) {
      const inside = each.shadowRoot && this.find(selector, each.shadowRoot);
      if (inside) return inside;
    }
    return null;
  },

  // Note the number of the newest line in the page whenever it changes: [moment, number].
  watchLines() {
    this.newest = [];
    const lines = this.find(".lines");
    let last = 0;
    new MutationObserver((records) => {
      for (const record of records) for (const row of record.addedNodes) last = Math.max(last, Number(row.dataset?.seq || 0));
      if (last !== this.newest.at(-1)?.[1]) this.newest.push([Date.now(), last]);
    }).observe(lines, { childList: true });
  },

  // The same for the peer, whose text bears the numbers as {n}.
  watchPeer() {
    this.newest = [];
    new MutationObserver(() => {
      const text = document.querySelector("pre, code")?.textContent ?? "";
      const last = Number(/\{(\d+)\}[^{]*$/.exec(text)?.[1] || 0);
      if (last && last !== this.newest.at(-1)?.[1]) this.newest.push([Date.now(), last]);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  },
};
