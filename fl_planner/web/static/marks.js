// Marks in the sections: cut branches of the plan and of a draft, points in vessel trees, and
// distances of lesions.
import { write } from "/view2d.js";
import { COLOUR } from "/plane2d.js";

const CUT = "cut", CONTACT = "contact", CROSS = 6, RING = 5, DOT = 1.5, AWAY = [4, 3], BESIDE = 9, NAME = 14; // px
const MOST_AWAY_MM = 10; // from the slice to a cut branch or a point

export class Marks {
  constructor(cuts) {
    Object.assign(this, { cuts, planned: [], laid: new Map() });
  }

  // `again`: the same case, whose drafts are kept.
  open(scan, again) {
    this.planned = scan.marks;
    if (!again) this.laid.clear();
  }

  // Marks of the page, draft cuts or points: {name, places_mm}, and `kind` of those in its colour.
  lay(part, marks) {
    this.laid.set(part, marks.map((one) => ({ ...one, part, draft: true })));
    this.cuts.draw();
  }

  // Marks in a view: a line in each slice that it crosses, a cut in its slice and, dashed, near it.
  *in(view) {
    const across = view.told.axes[2], { matrix } = this.cuts.scan;
    const layer_mm = Math.hypot(...matrix.map((row) => row[across]));
    for (const mark of [...this.planned, ...[...this.laid.values()].flat()]) {
      const alpha = mark.draft ? 1 : this.cuts.shown.alpha(mark.part);
      if (!(alpha > 0)) continue;
      const layers = mark.places_mm.map((place) => Math.round(this.cuts.indexAt(place)[across]));
      const away = layer_mm * Math.max(Math.min(...layers) - view.held.layer, view.held.layer - Math.max(...layers), 0);
      if (away <= (mark.part === CONTACT ? 0 : MOST_AWAY_MM)) yield { ...mark, alpha, away };
    }
  }

  names(view) {
    return [...this.in(view)].map(called);
  }

  draw(view, ink, to, ratio) {
    const taken = [...this.cuts.calliper.taken(view, ink, to, ratio), ...(this.cuts.overlay?.taken(view, to, ratio) ?? [])];
    const first = taken.length, tall = NAME * ratio;
    for (const mark of this.in(view)) {
      const ends = mark.places_mm.map((place) => view.canvasOf(to, place));
      const dashes = mark.away ? AWAY.map((one) => one * ratio) : [];
      const { on_ct: own } = this.cuts.scan.parts.find(({ key }) => key === (mark.kind ?? mark.part)) ?? {};
      const colour = (mark.draft && !mark.kind) || !own ? COLOUR : own;
      ink.globalAlpha = mark.alpha;
      stroke(ink, shapeOf(mark.part, ends, ratio), dashes, colour, ratio);
      ink.font = `bold ${11 * ratio}px sans-serif`;
      const half = ink.measureText(called(mark)).width / 2;
      const x = Math.max(...ends.map(([left]) => left)) + BESIDE * ratio + half;
      let y = Math.max(...ends.map(([, top]) => top)) + BESIDE * ratio;
      while (taken.some((one) => Math.abs(one.x - x) < one.half + half && Math.abs(one.y - y) < (one.tall + tall) / 2)) y += tall / 2;
      taken.push({ x, y, half, tall });
      write(ink, called(mark), x, y, colour, ratio);
    }
    ink.globalAlpha = 1;
    view.marked = taken.slice(first); // boxes that names leave free
  }
}

const called = ({ name, away }) => (away ? `${name}, ${Number(away.toFixed(1))} mm away` : name);

function shapeOf(part, ends, ratio) {
  if (part === CUT) return cross(ends[0], CROSS * ratio);
  return part === CONTACT ? gap(ends, DOT * ratio) : ring(ends[0], RING * ratio);
}

function ring([x, y], size) {
  const path = new Path2D();
  path.arc(x, y, size, 0, 2 * Math.PI);
  return path;
}

export function cross([x, y], size) {
  const path = new Path2D();
  for (const up of [1, -1]) {
    path.moveTo(x - size, y - up * size);
    path.lineTo(x + size, y + up * size);
  }
  return path;
}

export function gap([from, to], size) {
  const path = new Path2D();
  path.moveTo(...from);
  path.lineTo(...to);
  for (const [x, y] of [from, to]) {
    path.moveTo(x + size, y);
    path.arc(x, y, size, 0, 2 * Math.PI);
  }
  return path;
}

// with a dark line beneath
function stroke(ink, path, dashes, colour, ratio) {
  ink.save();
  ink.setLineDash(dashes);
  for (const [style, thick] of [["#000", 4], [colour, 2]]) {
    Object.assign(ink, { strokeStyle: style, lineWidth: thick * ratio });
    ink.stroke(path);
  }
  ink.restore();
}
