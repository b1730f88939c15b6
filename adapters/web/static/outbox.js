// Messages on their way: sent one after the other, tried again under the same id until the server has them.

import { Refusal, freshId, me, send, tab } from "./net.js";
import { placeKey } from "./model.js";

const KEPT = `outbox:${me}`;
const LONGEST_WAIT = 10_000;

export class Outbox {
  /** `onChange(entry)` is called whenever an entry changes or is gone. */
  constructor(onChange) {
    this.entries = [];
    this.sent = new Set(); // ids of what this tab has sent since it was opened
    this.onChange = onChange;
    this.sending = false;
    this.wait = 500;
    this.timer = null;
  }

  /** What a reload interrupted. Text without files goes out again; the browser does not keep files for us. */
  restore(putBack) {
    for (const kept of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) {
      if (kept.hadFiles) putBack(kept, kept.text);
      else this.add(kept);
    }
    this.keep();
  }

  /** Queues a message. Its id on the server is known already. */
  add({ channel, thread, text, replyTo = null, files = [], clientId = freshId() }) {
    const id = `${me}-${clientId}`;
    const entry = { id, clientId, channel, thread, text, replyTo, files, progress: 0, problem: null, failed: false };
    this.entries.push(entry);
    this.sent.add(id);
    this.keep();
    this.onChange(entry);
    this.flush();
    return entry;
  }

  in(place) {
    return this.entries.filter((entry) => placeKey(entry) === placeKey(place));
  }

  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.keep();
    this.onChange(entry);
  }

  /** The message has come back in the news. */
  arrived(id) {
    const entry = this.entries.find((one) => one.id === id);
    if (entry) this.onChange(entry);
  }

  /** Sends what waits, in order. Called again when the connection is back. */
  async flush() {
    clearTimeout(this.timer);
    if (this.sending) return;
    this.sending = true;
    let entry;
    while ((entry = this.entries.find((one) => !one.failed))) {
      if (!(await this.trySending(entry))) break;
    }
    this.sending = false;
  }

  async trySending(entry) {
    const { clientId, channel, thread, text, replyTo, files } = entry;
    try {
      await send("/api/messages", { id: clientId, channel, thread, text, replyTo, tab }, files, (part) => {
        entry.progress = part;
        this.onChange(entry);
      });
      this.wait = 500;
      this.remove(entry);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.notSent(entry, error);
    }
  }

  notSent(entry, refusal) {
    entry.progress = 0;
    entry.failed = !refusal.again;
    entry.problem = refusal.again ? "Not sent yet; trying again…" : refusal.message;
    this.onChange(entry);
    if (refusal.again) {
      this.timer = setTimeout(() => this.flush(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    }
    return !refusal.again; // a refused one does not hold up those behind it
  }

  keep() {
    const kept = this.entries
      .filter((entry) => !entry.failed || entry.text)
      .map(({ clientId, channel, thread, text, replyTo, files, failed }) => {
        return { clientId, channel, thread, text, replyTo, hadFiles: files.length > 0 || failed };
      });
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }
}
