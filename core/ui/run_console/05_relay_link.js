// The connection to the relay: opened again for ever with growing, jittered pauses, resumed where the events end.

const SLOWEST_RETRY_MS = 3000;
const ANSWER_MS = 10000;
const MOST_BROKEN_FRAMES = 3; // one may be an accident on the way
const TOKEN_CODES = new Set(["bad_token", "token_expired", "auth_timeout"]);

// `host`: address(), token() -> text or null, dropToken(), askToken(), subscription(hasSeq) -> frame, take(frame),
// linkChanged(isLive).
class RelayLink {
  constructor(host) {
    this.host = host;
    this.socket = null;
    this.isLive = false;
    this.isClosed = false;
    this.isWaiting = false; // for a token
    this.attempt = 0;
    this.brokenFrames = 0;
    this.requests = new Map();
    this.requestCount = 0;
    this.retryTimer = null;
    this.pulse = null;
    this.fetchLimit = BLOCK;
  }

  open() {
    clearTimeout(this.retryTimer);
    if (this.isClosed || this.isGarbled || this.socket) return;
    const token = this.host.token();
    this.isWaiting = token === null;
    if (this.isWaiting) {
      this.host.askToken();
      this.retry(3000); // the answer opens at once: this is for one that is lost, or none
      return;
    }
    let socket;
    try {
      socket = new WebSocket(this.host.address());
    } catch {
      this.retry();
      return;
    }
    this.socket = socket;
    [this.heard, this.said] = [Date.now(), 0];
    this.deadAfter = 15000;
    socket.onmessage = (message) => this.socket === socket && this.take(message.data, token);
    socket.onclose = () => this.socket === socket && this.lost();
    this.pulse = setInterval(() => this.beat(), 2500);
  }

  // Whether what comes from there cannot be read, so that to connect again would change nothing.
  get isGarbled() {
    return this.brokenFrames >= MOST_BROKEN_FRAMES;
  }

  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.said = Date.now();
    this.socket.send(JSON.stringify(frame));
  }

  // Ask the relay for something; the promise is rejected when it does not come.
  request(frame) {
    const id = `r${(this.requestCount += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(id, null, "no answer"), ANSWER_MS);
      this.requests.set(id, { resolve, reject, timer });
      if (this.isLive) this.send({ ...frame, request_id: id });
      else this.settle(id, null, "away");
    });
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close();
      this.lost();
    }
  }

  take(text, token) {
    this.heard = Date.now();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.brokenFrames += 1;
      this.socket.close();
      return;
    }
    if (frame.frame === "hello") {
      this.deadAfter = 1000 * (frame.dead_after_s || 15);
      this.fetchLimit = Math.min(BLOCK, frame.limits?.fetch_events || BLOCK);
      this.send({ frame: "auth", version: 1, token });
    } else if (frame.frame === "ack") this.acknowledged(frame);
    else if (frame.frame === "error") this.refused(frame);
    else if (frame.frame === "heartbeat") this.beat(); // timers sleep in hidden tabs, messages do not
    else if (frame.request_id) this.settle(frame.request_id, frame);
    else this.host.take(frame);
  }

  acknowledged(frame) {
    if (frame.of === "auth") this.send(this.host.subscription(frame.has_seq || 0));
    if (frame.of !== "subscribe") return;
    [this.isLive, this.attempt] = [true, 0];
    this.host.take(frame);
    this.host.linkChanged(true);
  }

  refused(frame) {
    if (TOKEN_CODES.has(frame.code)) this.host.dropToken();
    if (frame.request_id) this.settle(frame.request_id, null, frame.code);
    else if (!this.isLive) this.socket.close();
  }

  settle(id, frame, problem) {
    const request = this.requests.get(id);
    if (!request) return;
    this.requests.delete(id);
    clearTimeout(request.timer);
    if (frame) request.resolve(frame);
    else request.reject(new Error(problem));
  }

  beat() {
    const now = Date.now();
    if (now - this.heard > this.deadAfter) {
      const silent = this.socket;
      this.lost();
      silent.close();
    } else if (now - this.said > 4000) this.send({ frame: "heartbeat" });
  }

  lost() {
    clearInterval(this.pulse);
    this.socket = null;
    this.isLive = false;
    for (const id of [...this.requests.keys()]) this.settle(id, null, "away");
    this.host.linkChanged(false);
    if (!this.isClosed) this.retry();
  }

  retry(least = 50) {
    const ceiling = Math.min(SLOWEST_RETRY_MS, 250 * 2 ** this.attempt);
    this.attempt += 1;
    this.retryTimer = setTimeout(() => this.open(), least + Math.random() * ceiling);
  }
}
