// Builds elements. Text goes in as text: only HTML the server has made safe is ever set as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with its properties (dashed names are attributes) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A button that does something. */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", textContent: label, onclick, ...properties });
}

/** Puts HTML in place block by block, so that what a reader selected or scrolled in a finished block stays. */
export function patch(element, html) {
  const next = h("template", { innerHTML: html }).content;
  const fresh = [...next.childNodes];
  const old = [...element.childNodes];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same].isEqualNode(fresh[same])) same += 1;
  for (const node of old.slice(same)) node.remove();
  element.append(...fresh.slice(same));
}

/** Makes these the children, in this order; those that stand right already are not touched: a press goes on. */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
}

let announcing = null;

/** Says something to a screen reader. Only the last of several things in quick succession is said. */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    byId("announcer").textContent = text;
  }, 150);
}

/** Asks before something that cannot be taken back. */
export function confirmed(question) {
  const dialog = byId("confirm");
  byId("question").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** A file's size as people read it. */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
