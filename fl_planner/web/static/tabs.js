// Whether the case shown is also open in another tab of this browser. Each tab holds a lock with the
// key of its case; the browser releases it when the tab is closed, and nothing is stored.
import { $ } from "/dom.js";

const LOCK = "fl_planner case ";
const { locks } = navigator; // none in a browser before 2022

export class Tabs {
  // Another case is shown, or none.
  turnTo(id) {
    this.leave?.();
    this.leave = null;
    this.id = id;
    $("other-tab").hidden = true;
    if (!id || !locks) return;
    const left = new Promise((leave) => { this.leave = leave; });
    locks.request(`${LOCK}${id}`, { mode: "shared" }, () => left);
  }

  // Look whether another tab shows this case.
  async look() {
    const { id } = this;
    if (!id || !locks) return;
    const { held } = await locks.query().catch(() => ({ held: [] })); // the page is being left
    if (this.id === id) $("other-tab").hidden = held.filter(({ name }) => name === `${LOCK}${id}`).length < 2;
  }
}
