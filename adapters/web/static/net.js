// Talks to the server: reads, posts, uploads with progress, and the socket that brings news.

/** Who this tab is, kept for the tab alone: another tab may be somebody else. */
export const me = sessionStorage.getItem("me") ?? "ada";
/** Names this page load, so that private answers come back to it. */
export const tab = freshId();

/** An id no other page makes. (`crypto.randomUUID` is missing on plain HTTP from another machine.) */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An answer that is not the one hoped for. `again` tells whether trying again may help. */
export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
    this.again = status === 0 || status >= 500;
  }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
const withPerson = (path, query = {}) => `${path}?${new URLSearchParams({ as: me, zone, ...query })}`;

/** The address of a message's file. */
export const fileUrl = (file) => withPerson(file.url);

/** Reads JSON. */
export async function read(path, query) {
  const response = await fetch(withPerson(path, query)).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (response?.ok && answer) return answer;
  throw new Refusal(answer?.error ?? "Gatepost does not answer.", response?.status ?? 0);
}

/** Does something, under an id that makes doing it twice the same as once. */
export function act(path, fields, id = freshId()) {
  return send(path, { ...fields, id, tab });
}

/** Posts fields, and files if there are any. `onProgress` is given the part that is sent, 0 to 1. */
export function send(path, fields, files = [], onProgress = () => {}) {
  const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
  request.open("POST", withPerson(path));
  request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
  return new Promise((resolve, reject) => {
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 200) resolve(answer);
      else reject(new Refusal(answer.error ?? "Gatepost did not understand that.", request.status));
    };
    request.onerror = () => reject(new Refusal("Gatepost does not answer.", 0));
    request.send(body(fields, files, request));
  });
}

function body(fields, files, request) {
  const text = JSON.stringify({ ...fields, names: files.map((file) => file.name) });
  if (files.length === 0) {
    request.setRequestHeader("Content-Type", "application/json");
    return text;
  }
  const form = new FormData();
  form.append("message", text);
  for (const file of files) form.append("file", file, file.name);
  return form;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const FIRST_WAIT = 250; // a supervised program is back within a second or two

/** Keeps a socket open for what changes after `since`; after a loss it comes back and asks for what it missed. */
export function listen(since, { onFrame, onConnected, onLost }) {
  let cursor = since;
  let wait = FIRST_WAIT;
  const connect = () => {
    const socket = new WebSocket(withPerson("/ws", { tab, since: cursor }));
    socket.onmessage = (event) => {
      const frame = JSON.parse(event.data);
      if (frame.reload) location.reload();
      if (frame.hello !== undefined) {
        wait = FIRST_WAIT;
        onConnected();
      }
      if (frame.seq !== undefined) cursor = frame.seq;
      onFrame(frame);
    };
    socket.onclose = () => {
      onLost();
      setTimeout(connect, wait);
      wait = Math.min(wait * 1.5, 5000);
    };
  };
  connect();
}
