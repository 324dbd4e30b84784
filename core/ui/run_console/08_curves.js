// Small charts of the metrics as they come: the newest fold in the accent, those before it pale; training dashed.

const CHART = { height: 126, left: 44, right: 8, top: 8, bottom: 16 };
const WIDEST = 232;
const NARROWEST = 168;
const CURVE_GAP = 14;

class CurveStrip {
  constructor() {
    this.box = node("div", "curves");
    this.empty = node("p", "empty", "Curves come with the first metrics.");
    this.box.append(this.empty);
    this.drawn = new Map();
  }

  draw(facts, style) {
    const charts = facts.orderedCharts();
    this.empty.hidden = charts.length > 0;
    put(this.empty, facts.hasEnded ? "The run told no curves." : "Curves come with the first metrics.");
    if (!charts.length) return; // to ask for the width makes the browser lay the page out
    const width = this.widthOf(charts.length);
    charts.forEach((chart, at) => {
      let figure = this.drawn.get(chart.title);
      if (!figure) this.drawn.set(chart.title, (figure = this.figure(chart)));
      if (this.box.children[at + 1] !== figure.box) this.box.insertBefore(figure.box, this.box.children[at + 1] ?? null);
      figure.width = width;
      this.paint(figure, chart, style);
    });
  }

  // As many beside each other as can be read; those that do not fit go below.
  widthOf(count) {
    const room = this.box.clientWidth || WIDEST;
    const fits = Math.max(1, Math.min(count, Math.floor((room + CURVE_GAP) / (NARROWEST + CURVE_GAP))));
    return Math.min(WIDEST, Math.floor((room + CURVE_GAP) / fits) - CURVE_GAP);
  }

  figure(chart) {
    const box = node("figure", "curve");
    const caption = node("figcaption");
    const [title, last] = [node("span", "curve-title", harmless(chart.title)), node("span", "curve-last")];
    title.title = harmless(chart.title);
    caption.append(title, last);
    const canvas = node("canvas");
    canvas.setAttribute("role", "img");
    box.append(caption, canvas);
    const figure = { box, last, canvas, pointed: null };
    const point = (across) => {
      figure.pointed = across;
      this.paint(figure, figure.chart, figure.style);
    };
    canvas.addEventListener("pointermove", (event) => point(event.offsetX));
    canvas.addEventListener("pointerleave", () => point(null));
    return figure;
  }

  paint(figure, chart, style) {
    const { canvas, last } = figure;
    Object.assign(figure, { chart, style });
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.floor(figure.width * scale)) {
      [canvas.width, canvas.height] = [figure.width * scale, CHART.height * scale];
      [canvas.style.width, canvas.style.height] = [`${figure.width}px`, `${CHART.height}px`];
      figure.box.style.width = `${figure.width}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, figure.width, CHART.height);
    const curves = [...chart.curves.values()].filter((curve) => sorted(curve).length);
    const frame = { ...bounds(curves), width: figure.width };
    axes(pen, frame, chart.isByFold, style);
    if (curves.some(isTraining) && !curves.every(isTraining)) legend(pen, frame);
    const newest = Math.max(...curves.map((curve) => curve.fold ?? Infinity));
    for (const curve of curves) line(pen, curve, frame, (curve.fold ?? Infinity) === newest, style);
    const shown = curves.filter((curve) => (curve.fold ?? Infinity) === newest);
    const told = lastValue(shown, new Set(curves.map((curve) => curve.fold)).size > 1 ? newest : null);
    put(last, figure.pointed === null ? told : pointedValue(pen, shown, frame, figure.pointed, chart.isByFold, style));
    canvas.setAttribute("aria-label", `${harmless(chart.title)}: ${told}`);
  }
}

function shownFirst(curves) {
  return curves.find((curve) => !isTraining(curve)) ?? curves[0];
}

// Of the newest fold; what belongs to no fold, beside folds, is the fit on all rows.
function lastValue(curves, fold) {
  const name = fold === null ? "" : Number.isFinite(fold) ? `fold ${fold}: ` : "all rows: ";
  return name + shownFirst(curves).points.at(-1).y.toPrecision(4);
}

// Mark the point nearest to the pointer and return what it says.
function pointedValue(pen, curves, frame, pointed, isByFold, style) {
  const distance = ({ x }) => Math.abs(across(frame, x) - pointed);
  const { points } = shownFirst(curves);
  const { x, y } = points.reduce((best, point) => (distance(point) < distance(best) ? point : best));
  pen.setLineDash([]);
  pen.fillStyle = style.accent;
  pen.beginPath();
  pen.arc(across(frame, x), upward(frame, y), 3, 0, 2 * Math.PI);
  pen.fill();
  return `${isByFold ? "fold" : "step"} ${x}: ${y.toPrecision(4)}`;
}

function isTraining(curve) {
  return curve.part.startsWith("train");
}

function bounds(curves) {
  const frame = { x0: Infinity, x1: -Infinity, y0: Infinity, y1: -Infinity };
  for (const { points } of curves) {
    for (const { x, y } of points) {
      frame.x0 = Math.min(frame.x0, x);
      frame.x1 = Math.max(frame.x1, x);
      frame.y0 = Math.min(frame.y0, y);
      frame.y1 = Math.max(frame.y1, y);
    }
  }
  if (frame.x0 === frame.x1) frame.x1 += 1;
  const room = (frame.y1 - frame.y0) * 0.06 || Math.abs(frame.y1) * 0.05 || 1;
  return { ...frame, y0: frame.y0 - room, y1: frame.y1 + room };
}

function across(frame, x) {
  return CHART.left + ((x - frame.x0) / (frame.x1 - frame.x0)) * (frame.width - CHART.left - CHART.right);
}

function upward(frame, y) {
  return CHART.height - CHART.bottom - ((y - frame.y0) / (frame.y1 - frame.y0)) * (CHART.height - CHART.top - CHART.bottom);
}

function axes(pen, frame, isByFold, style) {
  pen.font = `10px ${style.font}`;
  pen.fillStyle = style.muted;
  pen.strokeStyle = style.border;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const share of [0.08, 0.5, 0.92]) {
    const y = frame.y0 + share * (frame.y1 - frame.y0);
    const height = Math.round(upward(frame, y)) + 0.5;
    pen.beginPath();
    pen.moveTo(CHART.left, height);
    pen.lineTo(frame.width - CHART.right, height);
    pen.stroke();
    pen.fillText(Number(y.toPrecision(3)).toString(), CHART.left - 5, height);
  }
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.fillText(`${isByFold ? "fold" : "step"} ${frame.x0}`, CHART.left, CHART.height - 3);
  pen.textAlign = "right";
  pen.fillText(String(frame.x1), frame.width - CHART.right, CHART.height - 3);
}

function legend(pen, frame) {
  pen.textAlign = "center";
  pen.fillText("dashed: training", CHART.left + (frame.width - CHART.left) / 2, CHART.height - 3);
}

function line(pen, curve, frame, isNewest, style) {
  pen.strokeStyle = isNewest ? style.accent : style.muted;
  pen.globalAlpha = isNewest ? 1 : 0.4;
  pen.lineWidth = isNewest ? 1.6 : 1;
  pen.setLineDash(isTraining(curve) ? [4, 3] : []);
  pen.beginPath();
  curve.points.forEach(({ x, y }, at) => (at ? pen.lineTo(across(frame, x), upward(frame, y)) : pen.moveTo(across(frame, x), upward(frame, y))));
  pen.stroke();
  if (curve.points.length === 1) pen.strokeRect(across(frame, curve.points[0].x) - 1, upward(frame, curve.points[0].y) - 1, 2, 2);
  pen.globalAlpha = 1;
}
