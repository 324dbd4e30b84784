// How long a step will still take, from the times of its own progress events; unknown rather than guessed.

const FEWEST_POINTS = 4;
const NEWER_COUNTS_MORE = 0.8;

// Return {about, low, high} in seconds, or null. `now` is the present on the clock that stamped the points.
function timeLeft(phase, now) {
  const begun = phase.points.findLastIndex((point, at, all) => at > 0 && point.value < all[at - 1].value); // or anew
  const points = phase.points.slice(Math.max(0, begun)).filter((point, at, all) => at === 0 || point.value > all[at - 1].value);
  const last = points.at(-1);
  if (phase.total === null || points.length < FEWEST_POINTS || last.time <= points[0].time) return null;
  const steps = points.slice(1).map((point, at) => ({
    seconds: (point.time - points[at].time) / 1000,
    units: point.value - points[at].value,
    weight: (point.value - points[at].value) * NEWER_COUNTS_MORE ** (points.length - 2 - at),
  }));
  const since = Math.max(0, (now - last.time) / 1000);
  const longest = Math.max(...steps.map((step) => step.seconds));
  if (since > Math.max(10, 5 * longest)) return null; // it stands still: the old pace says nothing
  const { mean, error } = pace(steps);
  const units = phase.total - last.value;
  const underWay = steps.at(-1).units; // of the present step no more than itself has passed
  const left = (each) => Math.max(0, units * each - Math.min(since, each * underWay));
  return { about: left(mean), low: left(Math.max(0, mean - 1.3 * error)), high: left(mean + 1.3 * error) };
}

// Return the seconds that a unit takes, weighted, and how far off that may be.
function pace(steps) {
  const total = steps.reduce((sum, step) => sum + step.weight, 0);
  const mean = steps.reduce((sum, step) => sum + (step.weight * step.seconds) / step.units, 0) / total;
  const variance = steps.reduce((sum, step) => sum + step.weight * (step.seconds / step.units - mean) ** 2, 0) / total;
  const effective = total ** 2 / steps.reduce((sum, step) => sum + step.weight ** 2, 0);
  return { mean, error: Math.sqrt(variance / Math.max(1, effective - 1)) + 0.05 * mean };
}

function timeLeftText(left) {
  if (left === null) return "time left unknown";
  const [about, low, high] = [left.about, left.low, left.high].map(rounded);
  return low === high ? `about ${spoken(about)} left` : `about ${spoken(about)} left (${spoken(low, high)} to ${spoken(high)})`;
}

function rounded(seconds) {
  const steps = [[10, 1], [90, 5], [600, 30], [3600, 60], [Infinity, 600]];
  const step = steps.find(([below]) => seconds < below)[1];
  return Math.max(1, Math.round(seconds / step)) * step;
}

function spoken(seconds, beside = null) {
  const unit = (value) => (value < 90 ? ["s", 1] : value < 5400 ? ["min", 60] : ["h", 3600]);
  const [name, size] = unit(seconds);
  const figure = seconds / size;
  const text = Number.isInteger(figure) ? String(figure) : figure.toFixed(1);
  return beside !== null && unit(beside)[0] === name ? text : `${text} ${name}`;
}

function durationText(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest} h` : `${minutes}:${rest} min`;
}
