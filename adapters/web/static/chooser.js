// A dialog in which a model is chosen: a field with suggestions, by keyboard or pointer.

import { button, h } from "./dom.js";
import { read } from "./net.js";

/** Asks for a model for this place; resolves to its id, or to null when nothing was chosen. */
export function chooseModel(place, title, current = "") {
  return new Promise((resolve) => {
    const chooser = new Chooser(place, title, current);
    document.body.append(chooser.dialog);
    chooser.dialog.onclose = () => {
      chooser.dialog.remove();
      resolve(chooser.dialog.returnValue || null);
    };
    chooser.dialog.showModal();
    chooser.update();
  });
}

class Chooser {
  constructor(place, title, current) {
    this.place = place;
    this.active = -1;
    this.asked = 0;
    this.list = h("ul", { className: "choices", id: "models", role: "listbox", "aria-label": "Models" });
    this.field = h("input", {
      type: "text", role: "combobox", placeholder: current || "Id or name", autocomplete: "off", spellcheck: false,
      "aria-label": "Model", "aria-autocomplete": "list", "aria-controls": "models", "aria-expanded": "true",
    });
    this.count = h("p", { className: "muted", role: "status" });
    const cancel = button("Cancel", () => this.close(""));
    const heading = h("h2", { id: "chooser-title", textContent: title });
    this.dialog = h("dialog", { className: "chooser", "aria-labelledby": "chooser-title" }, heading, this.field, this.list, this.count, h("menu", {}, cancel));
    this.field.oninput = () => this.update();
    this.field.onkeydown = (event) => this.key(event);
  }

  /** What was typed has changed; a slower answer to an earlier question is dropped. */
  async update() {
    const asked = (this.asked += 1);
    const { channel, thread } = this.place;
    const query = { command: "model", option: "id", typed: this.field.value.trim(), channel, thread: thread ?? "" };
    const { choices } = await read("/api/complete", query).catch(() => ({ choices: [] }));
    if (asked !== this.asked) return;
    this.list.replaceChildren(...choices.map((choice, index) => this.row(choice, index)));
    this.count.textContent = choices.length ? `${choices.length} models` : "No model fits. A whole id is taken as it is.";
    this.activate(choices.length && this.field.value ? 0 : -1);
  }

  row({ value, label }, index) {
    const detail = label === value ? null : h("span", { className: "muted", textContent: label });
    const row = h("li", { role: "option", id: `model-${index}`, "data-value": value }, h("b", { textContent: value }), " ", detail);
    row.onclick = () => this.close(value);
    return row;
  }

  activate(index) {
    this.active = index;
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    const row = this.list.children[index];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.field.setAttribute("aria-activedescendant", row.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const count = this.list.children.length;
    if (event.key === "ArrowDown" && count) this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.activate((this.active + count - (this.active < 0 ? 0 : 1)) % count);
    else if (event.key === "Enter") this.close(this.list.children[this.active]?.dataset.value ?? this.field.value.trim());
    else return;
    event.preventDefault();
  }

  close(value) {
    this.dialog.close(value);
  }
}
