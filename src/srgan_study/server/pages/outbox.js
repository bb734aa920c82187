// The outbox keeps a vote from the key press until the server acknowledges it, also across reloads.

export class Outbox {
  #name;
  #memory = null; // used where the browser allows no storage

  constructor(name) {
    this.#name = `srgan-study-vote ${name}`;
  }

  put(vote) {
    this.#memory = vote;
    try {
      localStorage.setItem(this.#name, JSON.stringify(vote));
    } catch {
      // storage is full or forbidden: the vote is kept in memory
    }
  }

  get() {
    try {
      return JSON.parse(localStorage.getItem(this.#name)) ?? this.#memory;
    } catch {
      return this.#memory;
    }
  }

  clear() {
    this.#memory = null;
    try {
      localStorage.removeItem(this.#name);
    } catch {
      // no storage
    }
  }

  // Send the stored vote; the server counts each key once, so sending it twice is safe.
  // A refused vote is dropped, unless another window has taken over: that window sends it.
  async deliver(server, state) {
    const vote = this.get();
    if (vote === null) return state;
    try {
      const after = await server.send("votes", vote);
      this.clear();
      return after;
    } catch (refused) {
      if (refused.takenOver) throw refused;
      this.clear();
      if (refused.state) return refused.state;
      throw refused;
    }
  }
}
