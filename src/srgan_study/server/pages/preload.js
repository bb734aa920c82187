// Images are fetched and decoded in advance, so that they are shown completely or not at all.

import { ask, wait } from "./server.js";

const TRIES = 4; // to fetch an image that cannot be decoded

export class Pictures {
  #kept = new Map(); // address: { image: a promise, url }
  #trouble;

  constructor(trouble) {
    this.#trouble = trouble;
  }

  // Start to fetch these images in order; drop all others.
  keep(pictures) {
    const wanted = new Set(pictures.map((picture) => picture.address));
    for (const [address, entry] of this.#kept) if (!wanted.has(address)) this.#forget(address, entry);
    let before = Promise.resolve();
    for (const { address } of pictures) before = this.#entry(address, before).image.catch(() => {});
  }

  // Return the decoded element of an image.
  get(picture) {
    return this.#entry(picture.address, Promise.resolve()).image;
  }

  // Images load one after another, so that the next one never waits for a later one.
  #entry(address, before) {
    const known = this.#kept.get(address);
    if (known) return known;
    const entry = { url: null, gone: false, image: null };
    this.#kept.set(address, entry);
    entry.image = before.then(() => this.#fetch(address, entry));
    entry.image.catch(() => this.#kept.delete(address)); // the next request tries again
    return entry;
  }

  async #fetch(address, entry) {
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    for (let left = TRIES; !entry.gone; left -= 1) {
      const url = URL.createObjectURL(await ask(address, {}, this.#trouble));
      try {
        image.src = entry.url = url;
        await image.decode();
        break;
      } catch {
        URL.revokeObjectURL(url);
        if (left <= 1) throw new Error("A picture cannot be shown: tell the organiser.");
        await wait(1000);
      }
    }
    return image;
  }

  #forget(address, entry) {
    entry.gone = true;
    this.#kept.delete(address);
    entry.image.catch(() => {}).finally(() => entry.url && URL.revokeObjectURL(entry.url));
  }
}
