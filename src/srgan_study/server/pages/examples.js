// The calibration: pairs of images, the worst and the best version of each, with their scores.

import { size, snap } from "./screen.js";

export class Examples {
  #find;
  #server;
  #pictures;
  #all = null;
  #place = 0;
  #left = () => {}; // called after the last pair

  constructor(find, server, pictures, attempt) {
    this.#find = find;
    this.#server = server;
    this.#pictures = pictures;
    find("example-next").addEventListener("click", () => attempt(() => this.#move(1)));
    find("example-back").addEventListener("click", () => attempt(() => this.#move(-1)));
    find("example-leave").addEventListener("click", () => attempt(() => this.#leave()));
  }

  // Return the number of pairs.
  async count() {
    if (this.#all === null) {
      const { examples } = await this.#server.get("calibration");
      this.#all = [];
      for (let place = 0; place < examples.length; place += 2) this.#all.push(examples.slice(place, place + 2));
    }
    return this.#all.length;
  }

  // Show the first pair; `left` is called after the last one. Raters who see them again may leave at any time.
  begin(again, left) {
    this.#left = left;
    this.#place = 0;
    this.#find("example-leave").hidden = !again;
    return this.#draw();
  }

  // Align the images with screen pixels after the window has changed.
  refit() {
    for (const image of this.#find("pair").querySelectorAll("img")) {
      size(image, { width: image.naturalWidth, height: image.naturalHeight });
      snap(image);
    }
  }

  #move(step) {
    this.#place = Math.max(0, this.#place + step);
    return this.#place < this.#all.length ? this.#draw() : this.#leave();
  }

  #leave() {
    this.#find("pair").replaceChildren();
    return this.#left();
  }

  // Show a pair when both of its images are loaded.
  async #draw() {
    const place = this.#place;
    const last = this.#all.length - 1;
    this.#find("example-back").disabled = place === 0;
    this.#find("example-next").textContent = place < last ? "Next" : "Done";
    this.#find("example-number").textContent = `Example ${place + 1} of ${last + 1}`;
    this.#find("pair").replaceChildren();
    this.#pictures.keep(this.#all.slice(place, place + 3).flat());
    const images = await Promise.all(this.#all[place].map((example) => this.#pictures.get(example)));
    if (place !== this.#place || this.#find("examples").hidden) return;
    this.#find("pair").replaceChildren(...this.#all[place].map((example, side) => figure(example, images[side])));
    this.refit();
  }
}

function figure(example, image) {
  const [box, caption] = [document.createElement("figure"), document.createElement("figcaption")];
  caption.textContent = `This is ${example.score} (${example.label})`;
  image.alt = `An example of ${example.score}, ${example.label}`;
  box.append(image, caption);
  return box;
}
