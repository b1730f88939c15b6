// Where a message is written: text, files, a reply or an edit, and the draft that survives a reload.

import { announce, button, fileSize, h } from "./dom.js";
import { placeKey } from "./model.js";
import { act, freshId, me } from "./net.js";
import { Palette } from "./palette.js";

const WIDE_SPACE = 200; // the tallest the field grows by itself

export class Composer {
  constructor(place, world, { lastOwn, close }) {
    this.place = place;
    this.world = world;
    this.lastOwn = lastOwn;
    this.close = close;
    this.files = world.trays.get(placeKey(place)) ?? [];
    this.replyTo = null;
    this.editing = null;
    this.draftKey = `draft:${me}:${placeKey(place)}`;
    this.build();
    this.showFiles();
    this.input.value = sessionStorage.getItem(this.draftKey) ?? "";
  }

  build() {
    const where = this.place.thread ? "the thread" : this.place.channel.startsWith("dm-") ? "Gatepost" : `#${this.place.channel}`;
    this.input = h("textarea", { rows: 1, placeholder: `Message ${where}`, "aria-label": `Message ${where}`, spellcheck: true });
    this.palette = new Palette(this.input, this.world.state.commands, this.place);
    this.problem = h("p", { className: "problem", role: "alert" });
    this.context = h("div", { className: "context", hidden: true });
    this.tray = h("ul", { className: "tray", "aria-label": "Files to send" });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.picked() });
    const attach = button("+", () => this.picker.click(), { className: "attach", "aria-label": "Attach files", title: "Attach files" });
    const submit = h("button", { type: "submit", textContent: "Send" });
    const row = h("div", { className: "row" }, attach, this.picker, this.input, submit);
    this.element = h("form", { className: "composer" }, this.palette.element, this.context, this.tray, this.problem, row);
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.input.oninput = () => this.typed();
    this.input.onkeydown = (event) => this.key(event);
    this.input.onblur = () => this.palette.close();
    this.input.onpaste = (event) => this.paste(event);
  }

  focus() {
    this.input.focus();
  }

  /** Whether somebody is writing here. */
  inUse() {
    return this.input.value !== "" || this.files.length > 0 || this.element.contains(document.activeElement);
  }

  typed() {
    if (!this.editing) sessionStorage.setItem(this.draftKey, this.input.value);
    this.complain("");
    this.grow();
    this.palette.update();
  }

  grow() {
    if (!this.input.isConnected) return; // it has no height yet
    this.input.style.height = "auto"; // set through the DOM, which the content policy allows
    this.input.style.height = `${Math.min(this.input.scrollHeight, WIDE_SPACE)}px`;
  }

  key(event) {
    if (event.isComposing || this.palette.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && this.input.value === "" && !this.editing) {
      const last = this.lastOwn();
      if (last) {
        event.preventDefault();
        this.startEdit(last);
      }
    } else if (event.key === "Escape") this.escape();
  }

  escape() {
    if (this.editing || this.replyTo) this.settle();
    else this.close?.();
  }

  submit() {
    const text = this.input.value.toWellFormed?.() ?? this.input.value;
    const tooLong = this.tooLong(text);
    if (tooLong) return this.complain(tooLong);
    if (this.editing) return this.saveEdit(text);
    if (!text.trim() && this.files.length === 0) return undefined;
    const files = this.files.map(({ file }) => file);
    this.world.outbox.add({ ...this.place, text, files, replyTo: this.replyTo?.id ?? null });
    return this.sent();
  }

  tooLong(text) {
    const { text: most } = this.world.state.limits;
    const length = text.length > most ? [...text].length : text.length;
    const count = (number) => number.toLocaleString("en");
    if (length <= most) return null;
    return `That message is ${count(length)} characters long; ${count(most)} are the most. Attach it as a file instead.`;
  }

  async saveEdit(text) {
    const { message, id } = this.editing;
    try {
      await act("/api/edit", { message: message.id, text }, id);
      this.settle();
    } catch (error) {
      this.complain(error.message);
    }
  }

  /** A message left: nothing of it stays here. */
  sent() {
    sessionStorage.removeItem(this.draftKey);
    this.input.value = "";
    for (const { url } of this.files) URL.revokeObjectURL(url);
    this.files = [];
    this.showFiles();
    this.settle();
  }

  /** An edit or a reply ends; the draft from before an edit comes back. */
  settle() {
    if (this.editing) this.input.value = sessionStorage.getItem(this.draftKey) ?? "";
    this.editing = null;
    this.replyTo = null;
    this.context.hidden = true;
    this.complain("");
    this.palette.close();
    this.grow();
  }

  startReply(message) {
    this.settle();
    this.replyTo = message;
    this.explain(`Replying to ${message.person.name}`);
  }

  startEdit(message) {
    this.settle();
    this.editing = { message, id: freshId() };
    this.input.value = message.text;
    this.grow();
    this.explain("Editing your message");
  }

  explain(what) {
    this.context.replaceChildren(h("bdi", { textContent: what }), button("Cancel", () => this.settle()));
    this.context.hidden = false;
    announce(what);
    this.focus();
  }

  /** Says in one sentence what is wrong; an empty one takes it back. */
  complain(sentence) {
    this.problem.textContent = sentence;
  }

  /** A message that could not be sent comes back, before what was typed since. */
  putBack({ text, files = [] }, before = this.input.value) {
    this.input.value = [text, before].filter(Boolean).join("\n");
    this.addFiles(files);
    this.typed();
    this.focus();
  }

  picked() {
    this.addFiles(this.picker.files);
    this.picker.value = "";
  }

  paste(event) {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    this.addFiles(files);
  }

  addFiles(files) {
    const { fileBytes, files: most } = this.world.state.limits;
    let problem = "";
    for (const file of files) {
      if (file.size > fileBytes) problem = `“${file.name}” is larger than 25 MB, the most that can be sent here.`;
      else if (this.files.length === most) problem = `${most} files are the most in one message; send the others in another one.`;
      else this.files.push({ file, url: URL.createObjectURL(file) });
    }
    this.showFiles();
    this.complain(problem);
    this.focus();
  }

  /** Shows the files to send. They wait here while one looks elsewhere, like the draft. */
  showFiles() {
    this.world.trays.set(placeKey(this.place), this.files);
    this.tray.replaceChildren(...this.files.map((one) => this.fileItem(one)));
  }

  fileItem({ file, url }) {
    const picture = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? h("img", { src: url, alt: "" }) : null;
    const drop = () => {
      this.files = this.files.filter((one) => one.url !== url);
      URL.revokeObjectURL(url);
      this.showFiles();
      this.focus();
    };
    const size = h("span", { className: "muted", textContent: fileSize(file.size) });
    return h("li", {}, picture, h("bdi", { textContent: file.name }), size, button("×", drop, { "aria-label": `Remove ${file.name}` }));
  }
}
