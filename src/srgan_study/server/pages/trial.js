// Rating: shows one image after another until the rater acts.

import { centre, fit, isUnpinched, measured, ratio } from "./screen.js";
import { chance, Refused, wait } from "./server.js";

const LONGEST = 24 * 60 * 60 * 1000; // milliseconds: longer response times are cut

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

export class Trial {
  #find;
  #server;
  #outbox;
  #pictures;
  #decide = null; // resolves the current image's action; null while none is accepted
  #wanted = null; // a pause requested while a vote was being sent
  #shown = null; // when and how the current image was painted
  #hidden = -Infinity; // when the last image was removed
  #state = null;

  constructor(find, server, outbox, pictures) {
    this.#find = find;
    this.#server = server;
    this.#outbox = outbox;
    this.#pictures = pictures;
  }

  // Rate until the stage ends, a break is due or the rater pauses; return the reason and the state.
  async run(state) {
    const { stage } = state;
    this.#wanted = null;
    while (state.stage === stage) {
      this.#draw(state);
      const act = await this.#picture(state.next[0]);
      if (act.kind === "pause") return { why: act.why, detail: act.detail, state };
      state = act.kind === "undo" ? await this.#undo(state) : await this.#vote(state, act.score);
      if (state.stage === stage && state.break_due) return { why: "break", state };
    }
    return { why: "stage", state };
  }

  // Handle a key or button: votes count only after an image was visible for the least time; pauses always count.
  act(act) {
    if (act.kind === "pause" && this.#decide === null) this.#wanted = act;
    if (this.#decide === null) return;
    if (act.kind === "undo" && (this.#shown === null || this.#state.undoable === null)) return;
    if (act.kind === "vote" && !(performance.now() - this.#shown?.painted >= this.#state.minimum_ms)) return;
    const decide = this.#decide;
    this.#decide = null;
    decide(act);
  }

  // Centre the image again after the window has changed; return whether it and the next ones fit.
  refit() {
    const [stage, image] = [this.#find("stage"), this.#find("stage").firstElementChild];
    if (image) centre(image, this.#state.next[0], stage);
    return fit(this.#state.next, stage);
  }

  // Show an image and return the rater's action.
  async #picture(picture) {
    if (this.#wanted) return this.#wanted;
    const act = new Promise((resolve) => (this.#decide = resolve));
    const turn = { over: false };
    const failed = this.#show(picture, turn).then(() => act);
    try {
      return await Promise.race([act, failed]);
    } finally {
      turn.over = true;
      this.#decide = null;
      this.#find("stage").replaceChildren();
      this.#find("told").textContent = "";
      this.#hidden = performance.now();
    }
  }

  async #show(picture, turn) {
    this.#shown = null;
    const image = await this.#pictures.get(picture);
    await wait(Math.max(0, this.#hidden + this.#state.gray_ms - performance.now()));
    if (turn.over) return;
    for (const button of this.#find("scale").children) button.classList.remove("chosen");
    image.alt = "The picture to be rated";
    this.#find("stage").replaceChildren(image);
    centre(image, picture, this.#find("stage"));
    await image.decode();
    await frame();
    const exact = await measured(image, picture);
    await frame(); // the previous frame has been painted now
    if (turn.over) return;
    this.#shown = { painted: performance.now(), at: new Date().toISOString(), exact };
    this.#find("told").textContent = `Picture ${this.#state.done + 1} of ${this.#state.total}`;
  }

  // Hide the image and wait until its vote is stored.
  async #vote(state, score) {
    const { painted, at, exact } = this.#shown;
    this.#find("scale").children[score - 1].classList.add("chosen");
    this.#outbox.put({
      assignment: state.next[0].assignment,
      score,
      key: chance(),
      shown_at: at,
      response_ms: Math.min(Math.round(this.#hidden - painted), LONGEST),
      device_pixel_ratio: ratio(),
      viewport: [window.innerWidth, window.innerHeight],
      zoom_ok: exact && isUnpinched(),
    });
    return this.#outbox.deliver(this.#server, state);
  }

  async #undo(state) {
    try {
      return await this.#server.send("undo", { assignment: state.undoable });
    } catch (refused) {
      if (refused instanceof Refused && refused.state && !refused.takenOver) return refused.state;
      throw refused;
    }
  }

  #draw(state) {
    this.#state = state;
    this.#pictures.keep(state.next);
    const [count, progress] = [this.#find("count"), this.#find("progress")];
    count.textContent = `${Math.min(state.done + 1, state.total)} / ${state.total}`;
    progress.max = Math.max(1, state.total);
    progress.value = state.done;
    progress.setAttribute("aria-valuetext", `${state.done} of ${state.total} rated`);
    this.#find("undo").disabled = state.undoable === null;
  }
}

// Return the action of a key, or null. Also by physical key: some keyboards need Shift or NumLock for digits.
export function meaning(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code)?.[1] ?? /^[1-5]$/.exec(event.key)?.[0];
  if (digit) return { kind: "vote", score: Number(digit) };
  if (event.key === "Backspace" || event.key.toLowerCase() === "u") return { kind: "undo" };
  return event.key === " " ? { kind: "pause", why: "pause" } : null;
}
