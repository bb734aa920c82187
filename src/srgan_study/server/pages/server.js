// Requests to the server, repeated until it responds.

const LONGEST_WAIT = 8000; // milliseconds between two tries
const PATIENCE = 15000; // milliseconds until a request times out

// A request that the server refused, with its reason.
export class Refused extends Error {
  constructor(status, answer) {
    super(answer.error ?? `the server answered ${status}`);
    this.status = status;
    this.state = answer.state ?? null;
    this.takenOver = answer.taken_over === true;
  }
}

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const passing = (status) => status >= 500 || status === 408 || status === 429;

// Return the response, however many tries it takes; `trouble` is called with true after each failure, and with false at the end.
export async function ask(address, options, trouble) {
  for (let pause = 500, failed = false; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
    try {
      const answer = await fetch(address, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (!passing(answer.status)) {
        const body = await read(answer); // throws if the response is incomplete or not the study's; then it is tried again
        if (failed) trouble(false);
        return body;
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    failed = true;
    trouble(true);
    await wait(pause);
  }
}

// Return the JSON or image of a response. Anything else is an error, such as the login page of a network.
async function read(answer) {
  const kind = answer.headers.get("content-type") ?? "";
  if (kind.startsWith("image/") && answer.ok) return answer.blob();
  if (!kind.startsWith("application/json")) throw new TypeError(`no answer of the study: ${kind}`);
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

// Requests of one rater, while this window holds the lease.
export class Server {
  #base;
  #client;
  #lease = "";
  #trouble;

  constructor(base, client, trouble) {
    this.#base = base;
    this.#client = client;
    this.#trouble = trouble;
  }

  // Take over from any other window or device.
  async take() {
    const { lease, state } = await this.#post("take", { client: this.#client });
    this.#lease = lease;
    return state;
  }

  async send(path, body = {}) {
    return (await this.#post(path, { lease: this.#lease, ...body })).state;
  }

  get(path) {
    return ask(`${this.#base}/${path}`, {}, this.#trouble);
  }

  // Send an event without waiting or repeating.
  tell(kind, detail = "") {
    const body = JSON.stringify({ lease: this.#lease, kind, detail });
    fetch(`${this.#base}/events`, posted(body)).catch(() => {});
  }

  #post(path, body) {
    return ask(`${this.#base}/${path}`, posted(JSON.stringify(body)), this.#trouble);
  }
}

const posted = (body) => ({ method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body });

// Return a random name; `crypto.randomUUID` is missing over plain HTTP.
export function chance() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
