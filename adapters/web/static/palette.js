// The palette on “/”: commands and their options, completed by keyboard or pointer.

import { h } from "./dom.js";
import { read } from "./net.js";

let lists = 0;

export class Palette {
  /** Completes what is typed in `input`; `place` tells where. */
  constructor(input, commands, place) {
    this.input = input;
    this.commands = commands;
    this.place = place;
    this.choices = [];
    this.active = -1;
    this.asked = 0;
    this.element = h("ul", { className: "palette", id: `palette-${(lists += 1)}`, role: "listbox", "aria-label": "Commands", hidden: true });
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.element.id);
    this.show([], -1);
  }

  get open() {
    return this.choices.length > 0;
  }

  /** What was typed has changed. */
  async update() {
    const asked = (this.asked += 1);
    const typed = this.input.value;
    if (!typed.startsWith("/") || typed.includes("\n")) return this.close();
    const [name, ...words] = typed.slice(1).split(" ");
    if (words.length === 0) return this.show(this.matching(name), 0);
    const before = `/${name} `; // what is shown meanwhile must not be taken for what was typed since
    this.show(this.choices.filter(({ text }) => text.startsWith(before) && text !== before), -1);
    const choices = await this.options(name, words);
    if (asked === this.asked) this.show(choices, -1); // a slower answer to an earlier question is dropped
  }

  matching(name) {
    const found = this.commands.filter((spec) => spec.name.startsWith(name.toLowerCase()));
    return found.map((spec) => {
      const more = spec.options.length ? " " : "";
      return { text: `/${spec.name}${more}`, label: `/${spec.name}`, detail: spec.description };
    });
  }

  async options(name, words) {
    const spec = this.commands.find((one) => one.name === name.toLowerCase());
    const { option, typed, ahead } = spec ? this.typing(spec, words) : {};
    if (!option) return [];
    const before = `/${[name, ...ahead].join(" ")}`;
    const fixed = option.choices.filter((value) => value.startsWith(typed)).map((value) => ({ value, label: value }));
    const choices = option.complete ? await this.suggested(spec, option, typed) : fixed;
    return choices.map(({ value, label }) => ({ text: before + value, label: value, detail: label === value ? "" : label }));
  }

  /** The option that is being typed, what is typed of it, and what stands ahead of that. */
  typing({ options }, words) {
    const last = words.length - 1;
    const named = options.find((one) => words[last].startsWith(`${one.name}:`));
    if (named) {
      const typed = words[last].slice(named.name.length + 1);
      return { option: named, typed, ahead: [...words.slice(0, last), `${named.name}:`] };
    }
    const rest = options.findIndex((one) => one.rest);
    const at = rest < 0 ? last : Math.min(rest, last); // that one takes all further words
    return { option: options[at], typed: words.slice(at).join(" "), ahead: [...words.slice(0, at), ""] };
  }

  async suggested(spec, option, typed) {
    const { channel, thread } = this.place;
    const query = { command: spec.name, option: option.name, typed, channel, thread: thread ?? "" };
    const answer = await read("/api/complete", query).catch(() => ({ choices: [] }));
    return answer.choices;
  }

  show(choices, active) {
    this.choices = choices;
    this.element.hidden = choices.length === 0;
    this.input.setAttribute("aria-expanded", String(choices.length > 0));
    this.element.replaceChildren(...choices.map((choice, index) => this.row(choice, index)));
    this.activate(choices.length ? active : -1);
  }

  row(choice, index) {
    const detail = h("span", { className: "muted", textContent: choice.detail });
    const row = h("li", { role: "option", id: `${this.element.id}-${index}` }, h("b", { textContent: choice.label }), " ", detail);
    row.onpointerdown = (event) => {
      event.preventDefault(); // the focus stays where the person types
      this.accept(index);
    };
    return row;
  }

  activate(index) {
    this.active = index;
    [...this.element.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    const row = this.element.children[index];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.asked += 1;
    this.show([], -1);
  }

  accept(index) {
    this.input.value = this.choices[index].text;
    this.close();
    this.input.dispatchEvent(new Event("input"));
  }

  /** Takes a key if it is one for the palette; whether it did. */
  key(event) {
    if (!this.open) return false;
    const count = this.choices.length;
    if (event.key === "ArrowDown") this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.activate((this.active + count - (this.active < 0 ? 0 : 1)) % count);
    else if (event.key === "Escape") this.close();
    else if (!this.accepts(event)) return false;
    event.preventDefault();
    return true;
  }

  accepts(event) {
    const index = event.key === "Tab" ? Math.max(this.active, 0) : this.active;
    const wanted = event.key === "Tab" ? !event.shiftKey : event.key === "Enter";
    if (!wanted || index < 0) return false;
    if (this.choices[index].text.trimEnd() === this.input.value.trimEnd() && event.key === "Enter") return false;
    this.accept(index);
    return true;
  }
}
