// Requests to the service, and numbers in words.

export const number = (value) => value.toLocaleString("en");
export const sides = ({ width, height }) => `${number(width)} × ${number(height)} pixels`;

export function bytes(value) {
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(value / 1e3))} kB`;
}

export function seconds(value) {
  if (value < 60) return `${Math.max(1, Math.round(value))} s`;
  return value < 3600 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Send a request, again where the queue is full; resolves with the answer, rejects with the message of the server. */
export async function send(path, method = "POST", body = undefined, waits = () => {}) {
  for (let attempt = 0; ; attempt++) {
    let response;
    try {
      response = await fetch(path, { method, body });
    } catch (error) {
      if (attempt >= 5) throw new Error("the server cannot be reached", { cause: error });
      await wait(1000 * (attempt + 1));
      continue;
    }
    if (response.status === 429 || (response.status === 503 && attempt < 3)) {
      waits();
      await wait(1000 * Number(response.headers.get("Retry-After") || 2));
      continue;
    }
    if (response.ok) return response.status === 204 ? null : response.json();
    let message = `the server answered ${response.status}`;
    try { message = (await response.json()).error; } catch { /* not JSON */ }
    throw new Error(message);
  }
}
