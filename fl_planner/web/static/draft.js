// Two drafts of a cut, each with its history, and a single pending request: while it is answered,
// only the last draft waits, so that an older answer never follows a newer one.

// The button that makes a draft the plan.
export const useAsPlan = (name) => `Use ${name.replace("D", "d")} as the plan`;

export class Draft {
  constructor() {
    this.past = []; // drafts for undo
    this.future = [];
    this.wish = null;
    this.told = null; // the answer to `of`
    this.refused = null;
    this.of = null;
  }

  // While dragging, the draft changes; it is added to the history once, at the end.
  change(wish) {
    this.from ??= { wish: this.wish };
    this.wish = wish;
  }

  commit() {
    if (!this.from) return;
    if (JSON.stringify(this.from.wish) !== JSON.stringify(this.wish)) {
      this.past.push(this.from.wish);
      this.future = [];
    }
    this.from = null;
  }

  undo() {
    this.commit();
    if (!this.past.length) return;
    this.future.push(this.wish);
    this.wish = this.past.pop();
  }

  redo() {
    this.commit();
    if (!this.future.length) return;
    this.past.push(this.wish);
    this.wish = this.future.pop();
  }

  // Whether it is known what this draft leaves of each segment.
  get isDetailed() {
    return this.settled && Boolean(this.detailed) && this.detailed === this.told;
  }

  get settled() {
    return this.of === this.wish;
  }

  // The same draft, to be answered anew: its case may have changed. It is another object, so that a
  // pending answer to this one is not taken for its own.
  anew() {
    this.commit();
    const { past, future, wish, unclear } = this;
    return Object.assign(new Draft(), { past, future, wish, unclear, of: undefined });
  }
}

export const noDrafts = () => [new Draft(), new Draft()];

export class Follower {
  // `fetch` answers a draft, or throws its refusal; `shown` is called with each answer.
  constructor(fetch, shown) {
    Object.assign(this, { fetch, shown, running: false, drafts: [] });
  }

  async follow(drafts) {
    this.drafts = drafts;
    if (this.running) return;
    this.running = true;
    try {
      for (;;) {
        const draft = this.drafts.find((one) => !one.settled);
        if (!draft) return;
        await this.bring(draft);
      }
    } finally {
      this.running = false;
    }
  }

  async bring(draft) {
    const { wish } = draft;
    let told = null, refused = null;
    if (wish) {
      try {
        told = await this.fetch(wish);
      } catch (wrong) {
        if (!wrong.told) throw wrong;
        refused = wrong.told;
      }
    }
    if (!this.drafts.includes(draft)) return; // another case is shown meanwhile
    Object.assign(draft, { told, refused, of: wish });
    this.shown(draft);
  }
}
