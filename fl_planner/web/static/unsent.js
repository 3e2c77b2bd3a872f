// Entries that were made in a form of a case but not sent: they stay where the page shows it anew.

export class Unsent {
  constructor() {
    this.kept = new Map(); // by case, then by form: [field, value] of each that is filled
  }

  // Fill a form with what was entered in it, and keep what is entered from here on.
  keep(id, name, form) {
    if (!this.kept.has(id)) this.kept.set(id, new Map());
    const of = this.kept.get(id), entries = of.get(name) ?? [];
    for (const field of [...form.elements].filter((one) => one.name)) {
      const own = entries.filter(([called]) => called === field.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(field.type)) field.checked = own.includes(field.value);
      else if (own.length) [field.value] = own;
    }
    form.oninput = () => of.set(name, [...new FormData(form)].filter(([, value]) => value));
  }

  // The form was sent.
  sent(id, name) {
    this.kept.get(id)?.delete(name);
  }

  // Only these forms of a case are left: what was asked for in the others was given elsewhere.
  leave(id, names) {
    for (const name of this.kept.get(id)?.keys() ?? []) if (!names.includes(name)) this.sent(id, name);
  }

  // Whether something was entered in a form of a case.
  has(id, name) {
    const of = this.kept.get(id);
    return [...(of?.entries() ?? [])].some(([each, entries]) => entries.length > 0 && (!name || each === name));
  }

  // Whether something was entered in a form of any open case.
  get holdsEntries() {
    return [...this.kept.keys()].some((id) => this.has(id));
  }

  // The case is closed.
  forget(id) {
    this.kept.delete(id);
  }
}
