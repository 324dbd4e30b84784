// What the events say about the run: its state, its steps, its curves, its files. Order of arrival does not matter.

const ENDED = new Set(["completed", "failed", "cancelled", "crashed"]);
const KEPT_POINTS = 40;
const LONGEST_CURVE = 600;
const PART = /^(training|train|validation|valid|val|test)[_ -]+(.+)$/;

class RunFacts {
  constructor() {
    this.status = null;
    this.begun = null;
    this.phases = new Map();
    this.charts = new Map();
    this.artifacts = new Map();
  }

  add(event) {
    const time = Date.parse(event.timestamp_utc);
    const { payload, seq } = event;
    if (event.type === "status") this.addStatus(payload, seq, time);
    else if (event.type === "progress") this.addProgress(payload, seq, time);
    else if (event.type === "metric") this.addMetric(payload);
    else if (event.type === "artifact_path") this.artifacts.set(payload.artifact_name, { seq, name: payload.artifact_name, size: payload.size_bytes });
  }

  addStatus(payload, seq, time) {
    if (payload.state === "running" && (this.begun === null || time < this.begun)) this.begun = time;
    if (this.status === null || seq > this.status.seq) this.status = { ...payload, seq, time };
  }

  addProgress(payload, seq, time) {
    let phase = this.phases.get(payload.step_name);
    if (!phase) this.phases.set(payload.step_name, (phase = { name: payload.step_name, first: seq, last: 0, points: [] }));
    phase.first = Math.min(phase.first, seq);
    if (seq > phase.last) Object.assign(phase, { last: seq, value: payload.value, total: payload.total, unit: payload.unit, within: payload.within });
    phase.points.push({ seq, time, value: payload.value });
    if (phase.points.length > 1 && phase.points.at(-2).seq > seq) phase.points.sort((left, right) => left.seq - right.seq);
    if (phase.points.length > KEPT_POINTS) phase.points.shift();
  }

  addMetric({ name, value, step, fold }) {
    if (value === null || (step === null && fold === null)) return;
    const parted = PART.exec(name);
    const title = parted ? parted[2] : name;
    const isByFold = step === null;
    const chartName = isByFold ? `${title} by fold` : title;
    let chart = this.charts.get(chartName);
    if (!chart) this.charts.set(chartName, (chart = { title: chartName, isByFold, curves: new Map() }));
    const part = parted ? parted[1] : "";
    const key = isByFold ? part : `${part} ${fold}`;
    let curve = chart.curves.get(key);
    if (!curve) chart.curves.set(key, (curve = { part, fold: isByFold ? null : fold, points: [], isSorted: true }));
    const point = { x: isByFold ? fold : step, y: value };
    if (curve.points.length && curve.points.at(-1).x > point.x) curve.isSorted = false;
    curve.points.push(point);
    if (curve.points.length > LONGEST_CURVE) thin(curve);
  }

  get hasEnded() {
    return this.status !== null && ENDED.has(this.status.state);
  }

  // The steps in order; the one that moved last is under way, and what it is a part of; the ones before it are done.
  orderedPhases() {
    const phases = [...this.phases.values()].sort((left, right) => left.first - right.first);
    const current = phases.reduce((best, phase) => (best === null || phase.last > best.last ? phase : best), null);
    return phases.map((phase) => {
      const isFull = phase.total !== null && phase.value >= phase.total;
      const isAtWork = phase === current || phase.name === current.within;
      const isOver = isFull || this.status?.state === "completed" || (!isAtWork && current.first > phase.last);
      return { ...phase, isDone: isOver, isCurrent: isAtWork && !isOver && !this.hasEnded };
    });
  }

  orderedCharts() {
    const rank = (chart) => (chart.isByFold ? 2 : 0) + (/loss/i.test(chart.title) ? 0 : 1);
    const worth = [...this.charts.values()].filter((chart) => [...chart.curves.values()].some((curve) => curve.points.length > 1));
    return worth.sort((left, right) => rank(left) - rank(right));
  }
}

function sorted(curve) {
  if (!curve.isSorted) {
    curve.points.sort((left, right) => left.x - right.x);
    curve.isSorted = true;
  }
  return curve.points;
}

function thin(curve) {
  const last = sorted(curve).length - 1;
  curve.points = curve.points.filter((_, at) => at % 2 === 0 || at === last);
}
