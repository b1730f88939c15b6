// What this tab knows: messages by id, the places they stand in, and who wants to hear of changes.

/** One string for a channel or a thread in it. */
export const placeKey = ({ channel, thread }) => (thread ? `${channel}/${thread}` : channel);

export class Model {
  constructor() {
    this.messages = new Map();
    this.notes = []; // what only this tab was told
    this.unread = new Set();
    this.listeners = new Set();
  }

  /** Takes in messages, each unless a newer version of it is known. `live` tells news from what was asked for. */
  apply(messages, { live }) {
    const changes = [];
    for (const message of messages) {
      const before = this.messages.get(message.id);
      if (before && before.seq >= message.seq) continue;
      this.messages.set(message.id, message);
      changes.push({ message, before });
    }
    if (changes.length > 0) for (const listener of this.listeners) listener(changes, live);
  }

  /** Everything known of a place, private notes too, in order. A thread begins with the message it hangs on. */
  in(place) {
    const said = [...this.messages.values(), ...this.notes].filter((message) => stands(message, place));
    return said.sort(inOrder);
  }

  /** The last message of one's own that can still be changed. */
  lastOf(person, place) {
    return this.in(place).findLast((message) => message.person?.id === person && !message.deleted);
  }

  /** Calls `listener(changes, live)` after each `apply` that changed something; returns how to stop that. */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Whether a message is shown in this place. */
export function stands(message, place) {
  if (message.channel !== place.channel) return false;
  return message.thread === place.thread || (place.thread !== null && message.id === place.thread);
}

/** Oldest first; a thread's root comes before everything said under it. */
export function inOrder(one, other) {
  return one.sentAt - other.sentAt || (one.id < other.id ? -1 : 1);
}
