// One message as an element, and the same element again when the message has changed.

import { arrange, button, fileSize, h, patch } from "./dom.js";
import { fileUrl, me } from "./net.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const LABELS = { forget: "Forget it", keep: "Keep it", use_aloud: "Use it where others read too", stop: "Stop", continue: "Continue", regenerate: "Regenerate", confirm: "Confirm", decline: "Don’t", other_model: "Other model…" };

/** An empty message; `fill` puts it in words. */
export function newMessage(id) {
  const body = h("div", { className: "body", dir: "auto" });
  return h("article", { className: "message", tabIndex: -1, "data-id": id }, h("header"), body, h("div", { className: "rest" }));
}

/** Shows a message. `can` holds what a person may do: reply, thread, edit, remove, press, jump. */
export function fill(element, message, can, { asRoot, replied }) {
  const [header, body, rest] = element.children;
  element.classList.toggle("ours", message.person.us);
  element.setAttribute("aria-busy", String(!message.final && !message.deleted));
  element.setAttribute("aria-label", `${message.person.name}, ${clock.format(message.sentAt * 1000)}`);
  header.replaceChildren(...headline(message));
  const empty = "<p class='muted'>This message was deleted.</p>";
  patch(body, message.deleted ? empty : message.html);
  const focused = rest.contains(document.activeElement) ? document.activeElement.textContent : null;
  arrange(rest, kept(rest, below(message, can, asRoot)));
  if (replied) header.append(quoted(replied, can));
  if (focused && !rest.contains(document.activeElement)) [...rest.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
}

function headline(message) {
  const at = new Date(message.sentAt * 1000);
  const time = h("time", { dateTime: at.toISOString(), title: day.format(at), textContent: clock.format(at) });
  const edited = message.editedAt ? h("span", { className: "muted", textContent: "(edited)" }) : null;
  const name = h("span", { className: "name" }, h("bdi", { textContent: message.person.name }));
  return [avatar(message.person), name, time, edited].filter(Boolean);
}

function avatar(person) {
  return h("span", { className: `avatar ${person.us ? "us" : person.id}`, textContent: person.name[0], "aria-hidden": "true" });
}

function quoted(replied, can) {
  const text = replied.deleted ? "a deleted message" : replied.text || "an answer";
  const label = `to ${replied.person.name}: ${text.slice(0, 80)}`;
  return button(label, () => can.jump(replied.id), { className: "quoted" });
}

/** The parts under a message: what each shows, and how to build it. */
function below(message, can, asRoot) {
  const { deleted, files, status, actions, text, title } = message;
  const count = asRoot ? 0 : message.replies;
  return [
    { shows: files.length && !deleted && ["files", files], build: () => h("ul", { className: "files" }, ...files.map(fileItem)) },
    { shows: status && !deleted && ["status", status], build: () => h("p", { className: "status", textContent: status }) },
    { shows: actions.length && !deleted && ["actions", actions], build: () => presses(message, can) },
    { shows: count && ["replies", count, title], build: () => replies(message, can) },
    { shows: !deleted && ["tools", text, title], build: () => tools(message, can, asRoot) },
  ].filter((part) => part.shows);
}

/** The elements of these parts. A part that shows what it did stays the same element, or a press on it is lost. */
function kept(rest, parts) {
  const known = new Map([...rest.children].map((element) => [element.dataset.shows, element]));
  return parts.map(({ shows, build }) => {
    const key = JSON.stringify(shows);
    const element = known.get(key) ?? build();
    element.dataset.shows = key;
    return element;
  });
}

function fileItem(file) {
  const href = fileUrl(file);
  if (file.picture) {
    const picture = h("img", { src: href, alt: file.description, loading: "lazy" });
    return h("li", {}, h("a", { href, target: "_blank", rel: "noopener" }, picture));
  }
  const name = h("a", { href, download: file.name }, h("bdi", { textContent: file.name }));
  return h("li", { className: "file" }, name, h("span", { className: "muted", textContent: fileSize(file.size) }));
}

function presses(message, can) {
  const buttons = message.actions.filter(labelOf).map((action) => {
    const choose = action.name === "other_model" && !action.value;
    const press = (event) => (choose ? can.otherModel : can.press)(message, action, event.currentTarget);
    const onpointerdown = action.name === "stop" ? holdPress : null;
    return button(labelOf(action), press, { onpointerdown });
  });
  return h("div", { className: "actions" }, ...buttons);
}

function labelOf(action) {
  return action.label ?? LABELS[action.name];
}

/** Growing text pushes the button away from under the mouse; the press is still meant for it. */
function holdPress(event) {
  event.currentTarget.setPointerCapture(event.pointerId);
}

function replies(message, can) {
  const label = message.replies === 1 ? "1 reply" : `${message.replies} replies`;
  return button(label, () => can.thread(message), { className: "replies" });
}

function tools(message, can, asRoot) {
  const own = message.person.id === me;
  const inChannel = message.thread === null && !asRoot && !message.channel.startsWith("dm-");
  return h(
    "div",
    { className: "tools", role: "group", "aria-label": "What to do with this message" },
    button("Reply", () => can.reply(message)),
    inChannel ? button("Thread", () => can.thread(message)) : null,
    own ? button("Edit", () => can.edit(message)) : null,
    own ? button("Delete", () => can.remove(message)) : null,
  );
}

/** A message on its way. */
export function pending(entry, { again, discard }) {
  const files = entry.files.length ? ` · ${entry.files.map((file) => file.name).join(", ")}` : "";
  const percent = Math.round(entry.progress * 100);
  const going = entry.files.length && percent < 100 ? `Sending… ${percent} %` : "Sending…";
  const problem = entry.problem !== null;
  return h(
    "article",
    { className: `message pending ${entry.failed ? "failed" : ""}`, "data-id": entry.id, "aria-label": "Not sent yet" },
    h("div", { className: "body plain", dir: "auto", textContent: entry.text + files }),
    h("p", { className: "status", role: problem ? "alert" : null, textContent: entry.problem ?? going }),
    entry.files.length && !problem ? h("progress", { max: 1, value: entry.progress, "aria-label": "Upload" }) : null,
    problem ? h("div", { className: "actions" }, button("Write again", again), button("Discard", discard)) : null,
  );
}

/** Something that only this tab was told. */
export function privateNote(note, can, dismiss) {
  const body = h("div", { className: "body", dir: "auto", innerHTML: note.html });
  return h(
    "article",
    { className: "message private", "data-id": note.id, "aria-label": "Only you can see this" },
    body,
    note.files?.length ? h("ul", { className: "files" }, ...note.files.map(fileItem)) : null,
    note.status ? h("p", { className: "status", textContent: note.status }) : null,
    note.actions?.length ? presses(note, can) : null,
    h("p", { className: "muted" }, "Only you can see this · ", button("Dismiss", dismiss, { className: "plain" })),
  );
}
