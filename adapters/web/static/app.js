// Starts the page: who one is, where one looks, and what comes in.

import { announce, button, byId, h } from "./dom.js";
import { Model, placeKey } from "./model.js";
import { Refusal, listen, me, read } from "./net.js";
import { Outbox } from "./outbox.js";
import { Pane } from "./pane.js";

const model = new Model();
const outbox = new Outbox((entry) => {
  for (const pane of panes()) if (pane.isAt(entry)) showEntry(pane);
  putBackRefused(entry);
});
const world = { model, outbox, trays: new Map(), state: null, openThread };
let channelPane = null;
let threadPane = null;

const panes = () => [channelPane, threadPane].filter(Boolean);

function showEntry(pane) {
  pane.sync();
  if (pane.stuck) pane.toBottom();
}

/** What the server will not take goes back into an empty composer, so that it can be mended at once. */
function putBackRefused(entry) {
  const pane = panes().find((one) => one.isAt(entry));
  if (!entry.failed || !outbox.entries.includes(entry) || !pane || pane.composer.input.value) return;
  outbox.remove(entry);
  pane.composer.putBack(entry);
  pane.composer.complain(entry.problem);
}

// --- where one looks -----------------------------------------------------------------------------

const channelHash = (channel) => (channel.startsWith("dm-") ? "#/dm" : `#/channel/${channel}`);

/** What an address names: `#/channel/general`, `#/channel/general/thread/ID`, `#/dm`, and a message in it behind
 * `/message/`, where `-` stands for no thread. */
function addressed() {
  const [, kind, name, , thread, , message = null] = location.hash.split("/").map(decodeURIComponent);
  const { channels, dm } = world.state;
  if (kind === "dm") return { channel: dm, thread: null, message };
  return { channel: channels.includes(name) ? name : channels[0], thread: thread && thread !== "-" ? thread : null, message };
}

async function goTo() {
  const { channel, thread, message } = addressed();
  showChannel(channel);
  showThread(channel, thread);
  if (message) (threadPane ?? channelPane).find(message).catch(() => {});
  document.body.classList.remove("menu");
  markChannels();
}

function showChannel(channel) {
  const place = { channel, thread: null };
  if (channelPane?.isAt(place)) return;
  channelPane?.leave();
  const title = channel === world.state.dm ? world.state.us.name : `#${channel}`;
  channelPane = new Pane(byId("main"), place, world, { title });
  const menu = button("☰", () => document.body.classList.toggle("menu"), { className: "menu-button", "aria-label": "Channels" });
  byId("main").querySelector(".heading").prepend(menu);
  document.title = `${title} – Gatepost`;
  model.unread.delete(channel);
  load(channelPane);
  channelPane.composer.focus();
}

function showThread(channel, thread) {
  const place = { channel, thread };
  if (threadPane && thread && threadPane.isAt(place)) return;
  threadPane?.leave();
  threadPane = null;
  byId("thread").hidden = thread === null;
  if (thread === null) return;
  const close = () => {
    location.hash = channelHash(channel);
    channelPane.composer.focus();
  };
  threadPane = new Pane(byId("thread"), place, world, { title: "Thread", close });
  load(threadPane);
}

function load(pane) {
  pane.loading = pane.load();
  pane.loading.catch((error) => pane.composer.complain(error.message));
}

function openThread(message) {
  location.hash = `${channelHash(message.channel)}/thread/${encodeURIComponent(message.id)}`;
  const focus = () => threadPane?.composer.focus();
  addEventListener("hashchange", focus, { once: true });
  if (threadPane?.isAt({ channel: message.channel, thread: message.id })) focus();
}

/** One's own question is answered in a thread: it opens beside the channel, where the focus stays. */
function followAnswer(message, before, live) {
  const news = live || outbox.sent.has(message.id); // sent while the place was still being read, it comes with that
  const begun = news && message.title !== null && (before?.title ?? null) === null;
  if (!begun || message.person.id !== me || !channelPane.isAt({ channel: message.channel, thread: null })) return;
  if (threadPane?.composer.inUse()) return;
  if (matchMedia("(max-width: 760px)").matches) return openThread(message); // it covers the channel there
  location.hash = `${channelHash(message.channel)}/thread/${encodeURIComponent(message.id)}`;
  announce("The answer is in a thread, opened beside the channel");
}

// --- the sidebar ---------------------------------------------------------------------------------

function drawSidebar() {
  const { channels, dm, us, people, about } = world.state;
  byId("channels").replaceChildren(...channels.map((name) => channelItem(name, `# ${name}`)));
  byId("direct").replaceChildren(channelItem(dm, us.name));
  byId("people").append(...people.map(personChoice));
  byId("about").textContent = `Version ${about.version} · ${about.model}`;
  byId("demo").textContent = "No key set: answers come from a built-in scripted model.";
  byId("demo").hidden = !about.demo;
}

function channelItem(channel, label) {
  const link = h("a", { href: channelHash(channel), "data-channel": channel, textContent: label });
  return h("li", {}, link);
}

function personChoice({ id, name }) {
  const radio = h("input", { type: "radio", name: "me", value: id, checked: id === me });
  radio.onchange = () => {
    sessionStorage.setItem("me", id);
    location.reload();
  };
  return h("label", {}, radio, name);
}

function markChannels() {
  for (const link of document.querySelectorAll("#sidebar a")) {
    const { channel } = link.dataset;
    const here = channelPane?.isAt({ channel, thread: null });
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.classList.toggle("unread", model.unread.has(channel));
  }
}

function noteUnread(message, before, live) {
  const here = channelPane?.isAt({ channel: message.channel, thread: null });
  if (!live || before || here || message.person.id === me) return;
  model.unread.add(message.channel);
  markChannels();
}

// --- what comes in -------------------------------------------------------------------------------

function frame({ messages, typing, private: note, dismiss }) {
  if (messages) model.apply(messages, { live: true });
  for (const message of messages ?? []) outbox.arrived(message.id);
  if (typing) panes().find((pane) => pane.isAt(typing))?.typing();
  if (note) showPrivately(note);
  if (dismiss) takeAway(dismiss);
}

/** Takes a private note away: there is a newer one, or its time is over. */
function takeAway(id) {
  model.notes = model.notes.filter((other) => other.id !== id);
  for (const pane of panes()) {
    pane.shown.delete(id);
    pane.sync();
  }
}

function showPrivately(note) {
  const renewed = model.notes.some((other) => other.id === note.id);
  takeAway(note.id);
  const pane = panes().find((one) => one.isAt(note)) ?? channelPane; // where one looks, if the place was left
  model.notes.push({ ...note, ...pane.place, private: true });
  pane.sync();
  if (renewed) return; // it only says how far it has come: nobody is interrupted for that
  pane.toBottom();
  announce(`Only you can see this: ${pane.shown.get(note.id).textContent.slice(0, 300)}`);
}

function connected() {
  byId("connection").hidden = true;
  outbox.flush();
}

async function lost() {
  const bar = byId("connection");
  bar.textContent = "Reconnecting… what you send is kept and goes out by itself.";
  bar.hidden = false;
  const error = await read("/api/state").then(() => null, (problem) => problem);
  if (error?.status === 401) bar.textContent = error.message;
}

/** Copies a block of code; where the clipboard is closed to us, it is at least selected. */
function copyCode(event) {
  const pressed = event.target.closest("button.copy");
  if (!pressed) return;
  const code = pressed.closest("figure").querySelector("code");
  getSelection().selectAllChildren(code);
  const done = navigator.clipboard?.writeText(code.textContent) ?? Promise.reject(new Error("no clipboard"));
  const say = (word) => {
    pressed.textContent = word;
    announce(word);
    setTimeout(() => (pressed.textContent = "Copy"), 2000);
  };
  done.then(() => say("Copied"), () => say("Selected"));
}

async function start() {
  try {
    world.state = await read("/api/state");
  } catch (error) {
    const { message, again } = error instanceof Refusal ? error : { message: String(error), again: false };
    byId("main").replaceChildren(h("p", { className: "problem", role: "alert", textContent: message }));
    if (again) setTimeout(start, 1000);
    return;
  }
  drawSidebar();
  model.onChange((changes, live) => {
    for (const { message, before } of changes) {
      followAnswer(message, before, live);
      noteUnread(message, before, live);
    }
  });
  addEventListener("hashchange", goTo);
  addEventListener("keydown", escape);
  document.addEventListener("click", copyCode);
  for (const event of ["dragover", "drop"]) addEventListener(event, (dropped) => dropped.preventDefault());
  await goTo();
  outbox.restore((kept, text) => restoreDraft(kept, text));
  listen(world.state.seq, { onFrame: frame, onConnected: connected, onLost: lost });
}

function escape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("dialog, .composer")) return;
  if (threadPane) location.hash = channelHash(channelPane.place.channel);
}

function restoreDraft(kept, text) {
  const pane = panes().find((one) => one.isAt(kept));
  if (pane) pane.composer.putBack({ text });
  else sessionStorage.setItem(`draft:${me}:${placeKey(kept)}`, text);
}

start();
