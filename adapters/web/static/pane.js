// One place on the screen, a channel or a thread: its messages in order, and the composer under them.

import { chooseModel } from "./chooser.js";
import { Composer } from "./composer.js";
import { announce, arrange, button, confirmed, h } from "./dom.js";
import { fill, newMessage, pending, privateNote } from "./message.js";
import { placeKey, stands } from "./model.js";
import { act, freshId, me, read } from "./net.js";

const NEAR_BOTTOM = 60;
const TYPING_SHOWN = 6000;

export class Pane {
  /** `world` is what the whole page shares: model, outbox, trays of files, state, and `openThread`. */
  constructor(element, place, world, { title, close }) {
    this.element = element;
    this.place = place;
    this.world = world;
    this.shown = new Map();
    this.list = h("div", { className: "list", role: "log", "aria-label": title, "aria-live": "off", tabIndex: 0 });
    const loadEarlier = () => this.loadEarlier().catch((error) => this.composer.complain(error.message));
    this.earlier = button("Show earlier messages", loadEarlier, { className: "earlier", hidden: true });
    this.pill = button("New messages ↓", () => this.toBottom(), { className: "pill", hidden: true });
    this.typingLine = h("p", { className: "typing", "aria-hidden": "true" });
    this.composer = new Composer(place, world, { lastOwn: () => world.model.lastOf(me, place), close });
    const heading = h("header", { className: "heading" }, h("h2", { textContent: title }));
    this.model = button("", () => this.chooseModel(), { className: "model", hidden: true });
    heading.append(this.model);
    if (close) heading.append(button("Close", close, { "aria-label": "Close the thread" }));
    const scroller = h("div", { className: "scroller" }, this.earlier, this.list);
    this.scroller = scroller;
    this.stuck = true; // to the bottom, until somebody scrolls up
    this.lastTop = 0;
    scroller.onscroll = () => this.scrolled();
    this.resizing = new ResizeObserver(() => this.stuck && this.toBottom()); // pictures come late and make room
    this.resizing.observe(this.list);
    this.resizing.observe(scroller);
    element.replaceChildren(heading, scroller, this.pill, this.typingLine, this.composer.element);
    this.composer.grow();
    element.ondragover = (event) => this.drag(event, true);
    element.ondragleave = (event) => this.drag(event, false);
    element.ondrop = (event) => this.drop(event);
    this.stopListening = world.model.onChange((changes, live) => this.changed(changes, live));
  }

  async load() {
    this.showModel();
    const { messages, more } = await read("/api/messages", this.query());
    this.earlier.hidden = !more;
    this.world.model.apply(messages, { live: false });
    this.sync();
    this.toBottom();
  }

  async loadEarlier() {
    const first = this.world.model.in(this.place).find((message) => message.id !== this.place.thread);
    const height = this.scroller.scrollHeight;
    const { messages, more } = await read("/api/messages", { ...this.query(), before: first?.id ?? "" });
    this.earlier.hidden = !more;
    this.world.model.apply(messages, { live: false });
    this.sync();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
  }

  /** The model that answers here, as a button that changes it. */
  async showModel() {
    const { model } = await read("/api/model", this.query()).catch(() => ({ model: null }));
    this.model.hidden = model === null;
    this.model.textContent = model ?? "";
    this.model.setAttribute("aria-label", `Model here: ${model}. Choose another one`);
    this.model.title = "The model that answers here";
  }

  async chooseModel() {
    const value = await chooseModel(this.place, "Which model is to answer here?", this.model.textContent);
    if (value) await this.try("/api/messages", { ...this.place, text: `/model ${value}` });
    this.model.focus();
  }

  query() {
    return { channel: this.place.channel, thread: this.place.thread ?? "" };
  }

  leave() {
    this.stopListening();
    this.resizing.disconnect();
  }

  /** Shows what changed here, whoever asked for it: what one pane has read is no news to the other any more. */
  changed(changes, live) {
    const here = changes.filter(({ message }) => stands(message, this.place));
    if (here.length === 0) return;
    this.sync();
    if (!live) return;
    const fresh = here.filter(({ before }) => !before);
    if (this.stuck || fresh.some(({ message }) => message.person.id === me)) this.toBottom();
    else if (fresh.length > 0) this.pill.hidden = false;
    for (const { message, before } of here) if (message.person.us) this.tell(message, before);
  }

  /** A screen reader hears that an answer begins, and what it says once it is whole; not every word between. */
  tell(message, before) {
    this.typingLine.textContent = "";
    if (message.final && !before?.final) {
      this.showModel();
      const words = this.shown.get(message.id)?.querySelector(".body")?.textContent ?? "";
      announce(`Gatepost answered: ${words.trim().slice(0, 300)}`);
    } else if (!before) announce("Gatepost is answering");
  }

  /** Makes the list say what the model knows: messages and private notes, then what is on its way. */
  sync() {
    const { model, outbox } = this.world;
    const arrived = new Set();
    const wanted = [];
    for (const entry of model.in(this.place)) {
      arrived.add(entry.id);
      if (entry.private) wanted.push(this.noteElement(entry));
      else if (this.isShown(entry)) wanted.push(this.messageElement(entry));
    }
    for (const entry of outbox.in(this.place)) if (!arrived.has(entry.id)) wanted.push(this.pendingElement(entry));
    arrange(this.list, wanted);
  }

  isShown(message) {
    return !message.deleted || message.replies > 0 || message.id === this.place.thread;
  }

  messageElement(message) {
    let element = this.shown.get(message.id);
    const seq = String(message.seq);
    if (!element || element.dataset.seq !== seq) {
      element ??= newMessage(message.id);
      element.dataset.seq = seq;
      const replied = message.replyTo ? this.world.model.messages.get(message.replyTo) : null;
      fill(element, message, this.can(), { asRoot: message.id === this.place.thread, replied });
      this.shown.set(message.id, element);
    }
    return element;
  }

  noteElement(note) {
    const known = this.shown.get(note.id);
    if (known) return known;
    const dismiss = () => {
      this.world.model.notes = this.world.model.notes.filter((other) => other !== note);
      this.sync();
      this.composer.focus();
    };
    const element = privateNote(note, this.can(), dismiss);
    this.shown.set(note.id, element);
    return element;
  }

  pendingElement(entry) {
    const again = () => {
      this.world.outbox.remove(entry);
      this.composer.putBack(entry);
    };
    return pending(entry, { again, discard: () => this.world.outbox.remove(entry) });
  }

  can() {
    const { world } = this;
    return {
      thread: (message) => world.openThread(message),
      reply: (message) => this.composer.startReply(message),
      edit: (message) => this.composer.startEdit(message),
      jump: (id) => this.jump(id),
      remove: async (message) => {
        const words = message.text.slice(0, 80) || "its files";
        if (await confirmed(`Delete this message for everybody? “${words}”`)) await this.try("/api/delete", { message: message.id });
        this.composer.focus();
      },
      otherModel: async (message, action, pressed) => {
        const value = await chooseModel(this.place, "Answer again with another model");
        if (value) await this.can().press(message, { ...action, value }, pressed);
        else pressed.focus();
      },
      press: async (message, action, pressed) => {
        pressed.disabled = true;
        const done = await this.try("/api/press", { message: message.id, action: action.name, turn: action.turn, value: action.value ?? "" });
        if (!done) pressed.disabled = false;
      },
    };
  }

  /** Does something, trying once more under the same id when the connection was the problem. */
  async try(path, fields) {
    const id = freshId();
    try {
      await act(path, fields, id).catch((error) => (error.again ? act(path, fields, id) : Promise.reject(error)));
      return true;
    } catch (error) {
      this.composer.complain(error.message);
      return false;
    }
  }

  /** Shows a message, however long ago it was said. */
  async find(id) {
    await this.loading;
    while (!this.shown.has(id) && !this.earlier.hidden) await this.loadEarlier();
    this.jump(id);
  }

  jump(id) {
    const element = this.shown.get(id);
    element?.scrollIntoView({ block: "center" });
    element?.focus();
  }

  typing() {
    this.typingLine.textContent = "Gatepost is typing…";
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.typingLine.textContent = ""), TYPING_SHOWN);
  }

  isAt(place) {
    return placeKey(place) === placeKey(this.place);
  }

  atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
  }

  /** Only going up leaves the bottom: what grew since the last scroll is no wish of the reader. */
  scrolled() {
    const { scrollTop } = this.scroller;
    if (this.atBottom()) this.stuck = true;
    else if (scrollTop < this.lastTop) this.stuck = false;
    this.lastTop = scrollTop;
    if (this.stuck) this.pill.hidden = true;
  }

  toBottom() {
    this.stuck = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.pill.hidden = true;
  }

  drag(event, over) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.element.classList.toggle("dropping", over);
  }

  drop(event) {
    this.drag(event, false);
    if (event.dataTransfer?.files.length) this.composer.addFiles(event.dataTransfer.files);
  }
}
