// Outlines of drafts in the sections, as the server counts them: each is requested once.
import { shapeOf } from "/shapes.js";

const KEPT = 90; // by draft and slice

export class Outlines {
  constructor(cuts) {
    Object.assign(this, { cuts, kept: new Map() });
  }

  clear() {
    this.kept.clear();
  }

  // Shapes by name in the slice of a view; null while they are pending. `asked` is the address of
  // their kind, and `again` requests the same draft once more where its answer has changed.
  find(view, asked, wish, again = false) {
    const key = JSON.stringify([asked, wish, again, view.told.name, view.held.layer]);
    if (!this.kept.has(key)) {
      this.kept.set(key, null);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      this.cuts.awaiting(this.bring(view, `${asked}/${view.told.name}/${view.held.layer}`, wish, key));
    }
    return this.kept.get(key);
  }

  async bring(view, address, wish, key) {
    const { get } = this.cuts;
    try {
      const answer = await (await get(`${address}?cut=${encodeURIComponent(JSON.stringify(wish))}`)).json();
      const shapes = Object.entries(answer).map(([name, loops]) => [name, shapeOf(loops, view.told.spacing)]);
      if (get !== this.cuts.get) return; // another case is shown meanwhile
      this.kept.set(key, Object.fromEntries(shapes));
      this.cuts.draw();
    } catch (wrong) {
      this.kept.delete(key);
      if (!wrong.told && wrong.name !== "AbortError") throw wrong;
    }
  }
}
