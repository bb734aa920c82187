// The outbox: a vote lies here from the key press until the server has said that it is saved, reloads in between or not.

export class Outbox {
  #name;
  #memory = null; // where the browser allows no storage

  constructor(name) {
    this.#name = `srgan-study-vote ${name}`;
  }

  put(vote) {
    this.#memory = vote;
    try {
      localStorage.setItem(this.#name, JSON.stringify(vote));
    } catch {
      // full or forbidden: the vote lives as long as the page
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
      // there was none
    }
  }

  // Send what lies here; the server knows a vote by its key, so that sent twice it counts once.
  // A vote that the server will not have is given up, unless another window holds the study: then that one sends it.
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
