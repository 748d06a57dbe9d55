// The HTTP API, one function for each call. A refusal becomes a Problem whose message a person can read.

const PATIENCE_MS = 10000; // then a request is given up
const OFFLINE = "coldreel cannot be reached. Is it still running?";
const SILENT = "coldreel does not answer. Is this machine very busy?";

export class Problem extends Error {
  constructor({ title = "Something went wrong", detail, status = 0, code = "unreachable" } = {}) {
    super(detail || title);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }

  /** Whether the same request may be answered later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

async function call(path, { signal, ...options } = {}) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const either = signal ? AbortSignal.any([signal, patience]) : patience;
  let response;
  let text;
  try {
    response = await fetch(path, { headers: { accept: "application/json" }, ...options, signal: either });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ detail: patience.aborted ? SILENT : OFFLINE });
  }
  const body = parse(text);
  if (!response.ok) throw new Problem({ ...body, status: response.status });
  return body;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // what stands before coldreel may answer in its own way
  }
}

const at = (ref) => `/api/items/${encodeURIComponent(ref)}`;

export const feed = () => call("/api/feed");
export const item = (ref) => call(at(ref));
export const ingest = () => call("/api/ingest");

export async function similar(ref, n, signal) {
  const { items } = await call(`${at(ref)}/similar?n=${n}`, { signal });
  return items.filter((other) => other.ref !== ref);
}

export async function search(words, n, signal) {
  return (await call(`/api/search?q=${encodeURIComponent(words)}&n=${n}`, { signal })).items;
}

export const board = (name, n, signal) => call(`/api/boards/${name}?n=${n}`, { signal });

export const feedback = (events) =>
  call("/api/feedback", {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ events }),
  });

/** Hands the events to the browser, which sends them even when the page is gone. False when it refuses. */
export const feedbackOnLeaving = (events) =>
  navigator.sendBeacon("/api/feedback", new Blob([JSON.stringify({ events })], { type: "application/json" }));
