"use strict";
(() => {
  const find = (id) => document.getElementById(id);

  // The list of scores: sorted by any column, filtered by set and method.
  const body = find("scores").tBodies[0];
  const heads = [...find("scores").tHead.rows[0].cells];
  const words = new Intl.Collator(undefined, { numeric: true });

  function compare(one, other) {
    const [a, b] = [Number(one), Number(other)];
    return Number.isNaN(a) || Number.isNaN(b) ? words.compare(one, other) : a === b ? 0 : a - b;
  }

  function sort(column) {
    const direction = heads[column].getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((head, place) => {
      head.setAttribute("aria-sort", place !== column ? "none" : direction > 0 ? "ascending" : "descending");
    });
    const keyed = [...body.rows].map((row) => [row.cells[column].dataset.value ?? "", row]);
    keyed.sort(([one], [other]) => {
      if (one === "" || other === "") return (one === "") - (other === ""); // what was not measured comes last
      return direction * compare(one, other);
    });
    body.append(...keyed.map(([, row]) => row));
  }

  function filter() {
    const [data, method] = [find("filter-set").value, find("filter-method").value];
    let count = 0;
    for (const row of body.rows) {
      row.hidden = (data !== "" && row.dataset.set !== data) || (method !== "" && row.dataset.method !== method);
      count += row.hidden ? 0 : 1;
    }
    find("count").textContent = `${count} of ${body.rows.length} lines`;
  }

  heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => sort(place)));
  find("filter-set").addEventListener("change", filter);
  find("filter-method").addEventListener("change", filter);
  filter();

  // The viewer: two ways to see a picture, one over the other, and the same crop in all ways.
  const albums = [...document.querySelectorAll("script.picture")];
  if (albums.length === 0) return;
  const [stage, divider, box] = [find("stage"), find("divider"), find("box")];
  const sides = ["left", "right"];
  const images = { left: find("over-image"), right: find("under-image") };
  const state = { shown: null, place: 0, position: 0.5, crop: [0, 0, 0, 0], left: "", right: "" };

  const zoom = () => Number(find("zoom").value);
  const unit = () => zoom() / window.devicePixelRatio; // CSS pixels to a pixel of the picture
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function squares(choice) {
    return zoom() > 1 || Number.isInteger(window.devicePixelRatio) || choice.width < state.shown.width;
  }

  function options(menu, names) {
    menu.replaceChildren(...names.map((name, place) => new Option(name, place)));
  }

  function fit(image, choice) {
    image.style.width = `${state.shown.width * unit()}px`;
    image.style.height = `${state.shown.height * unit()}px`;
    image.classList.toggle("square", squares(choice));
  }

  function draw() {
    const { width, height, choices } = state.shown;
    stage.style.width = find("sides").style.width = `${width * unit()}px`;
    stage.style.height = `${height * unit()}px`;
    for (const side of sides) {
      const choice = choices[find(side).value];
      if (images[side].src !== choice.source) images[side].src = choice.source;
      images[side].alt = `${state.shown.picture}, ${choice.name}`;
      find(`${side}-name`).textContent = choice.name;
      fit(images[side], choice);
    }
    move(state.position);
    drawCrops();
  }

  function move(position) {
    state.position = clamp(position, 0, 1);
    const percent = Math.round(100 * state.position);
    find("over").style.width = divider.style.left = `${state.position * state.shown.width * unit()}px`;
    divider.setAttribute("aria-valuenow", percent);
    divider.setAttribute("aria-valuetext", `${percent} % of the width is ${find("left-name").textContent}`);
  }

  function moveCrop(left, top) {
    const { width, height, step } = state.shown;
    const [, , across, down] = state.crop;
    const snap = (value, room) => clamp(Math.round(value / step), 0, Math.floor(room / step)) * step;
    state.crop = [snap(left, width - across), snap(top, height - down), across, down];
    drawCrops();
  }

  function drawCrops() {
    const [left, top, width, height] = state.crop.map((pixels) => pixels * unit());
    Object.assign(box.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    find("crops").style.setProperty("--crop", `${width}px`);
    find("crops").childNodes.forEach((figure, place) => {
      const frame = figure.firstChild;
      Object.assign(frame.style, { width: `${width}px`, height: `${height}px` });
      const image = frame.firstChild;
      fit(image, state.shown.choices[place]);
      Object.assign(image.style, { left: `${-left}px`, top: `${-top}px` });
    });
  }

  function figure(choice) {
    const [whole, frame, image] = ["figure", "div", "img"].map((name) => document.createElement(name));
    const [caption, name] = ["figcaption", "b"].map((tag) => document.createElement(tag));
    frame.className = "crop";
    image.src = choice.source;
    image.alt = `Crop of ${state.shown.picture}, ${choice.name}`;
    frame.append(image);
    name.textContent = choice.name;
    caption.append(name, ...choice.scores.flatMap((line) => [line, document.createElement("br")]));
    whole.append(frame, caption);
    return whole;
  }

  function show(place) {
    state.place = (place + albums.length) % albums.length;
    state.shown = JSON.parse(albums[state.place].textContent);
    state.crop = state.shown.crop;
    const names = state.shown.choices.map((choice) => choice.name);
    const first = names.includes("bicubic") ? names.indexOf("bicubic") : Math.min(2, names.length - 1);
    for (const [side, fallback] of [["left", first], ["right", names.length - 1]]) {
      options(find(side), names);
      const kept = names.indexOf(state[side]);
      find(side).value = kept >= 0 ? kept : fallback;
    }
    find("picture").value = state.place;
    find("crops").replaceChildren(...state.shown.choices.map(figure));
    for (const row of body.rows) row.classList.toggle("open", Number(row.dataset.picture) === state.place);
    draw();
  }

  function choose() {
    for (const side of sides) state[side] = state.shown.choices[find(side).value].name;
    draw();
  }

  const steps = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 };
  divider.addEventListener("keydown", (event) => {
    const ends = { Home: 0, End: 1 };
    if (event.key in steps) move(state.position + steps[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key in ends) move(ends[event.key]);
    else return;
    event.preventDefault();
  });
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const edges = stage.getBoundingClientRect();
    move((event.clientX - edges.left) / edges.width);
  });
  stage.addEventListener("click", (event) => {
    if (event.target === divider) return;
    const edges = stage.getBoundingClientRect();
    const [, , across, down] = state.crop;
    moveCrop((event.clientX - edges.left) / unit() - across / 2, (event.clientY - edges.top) / unit() - down / 2);
  });
  box.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!(event.key in ways)) return;
    const stride = state.shown.step * (event.shiftKey ? 8 : 2);
    moveCrop(state.crop[0] + stride * ways[event.key][0], state.crop[1] + stride * ways[event.key][1]);
    event.preventDefault();
  });
  body.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("tr");
    state.right = row.dataset.name;
    show(Number(row.dataset.picture));
    find("view").scrollIntoView();
    divider.focus({ preventScroll: true });
  });

  for (const side of sides) find(side).addEventListener("change", choose);
  find("zoom").addEventListener("change", draw);
  find("picture").addEventListener("change", () => show(Number(find("picture").value)));
  find("previous").addEventListener("click", () => show(state.place - 1));
  find("next").addEventListener("click", () => show(state.place + 1));
  window.addEventListener("resize", draw); // a window that is moved to another screen, or zoomed, has other pixels
  options(find("picture"), albums.map((album) => album.dataset.name));
  find("viewer").hidden = false;
  show(0);
})();
