// Two images in one place with a divider between them, or up to three side by side, with zoom and position in step.
const get = (id) => document.getElementById(id);
const dialog = get("compare");
const stage = get("stage");
const divider = get("divider");
const panes = [get("left-pane"), get("right-pane"), get("third-pane")];
const selects = [get("left"), get("right"), get("third")];
const MOST_ZOOM = 16;
const MOST_MAPPED = 12_000_000;
const MAP = "Map of added detail";
const NOTES = {
  invented: "Yellow marks detail finer than the pixels of the small photo. The model has added it from what it learned "
    + "of other photos; the real scene may look different there.",
  against: "Yellow marks where the two results differ. The small photo does not say which of them is right there: it "
    + "fits both.",
};

const view = { zoom: 1, x: 0, y: 0, at: 50, width: 1, height: 1 };
let shown = null; // the job, the others, and what makes another result
const pointers = new Map();
let moved = false;

/** How a job was enlarged, in a word or two. */
export function kindOf({ options: { model, fidelity } }) {
  if (model !== "auto") return model;
  if (fidelity === null || fidelity === 1) return "faithful";
  return fidelity === 0 ? "photo-real" : `${Math.round(fidelity * 100)}% faithful`;
}

/** Open the dialog for a finished job; `make` begins another result of the photo, with a fidelity of 0 or 1. */
export function openCompare(job, jobs, make) {
  shown = { job, make };
  const addresses = choose(jobs);
  selects.forEach((select, number) => { select.value = addresses[number] ?? ""; });
  get("compare-title").textContent = `Compare ${job.name}`;
  Object.assign(view, { width: job.result.width, height: job.result.height, at: 50 });
  dialog.showModal();
  divider.focus();
  showPanes();
  fit();
  panes.forEach((_, number) => load(number));
}

/** Offer results that have been made since, while the dialog is open. */
export function showResults(jobs) {
  if (!dialog.open) return;
  const before = selects.map((select) => select.value);
  const addresses = choose(jobs);
  selects.forEach((select, number) => { select.value = before[number]; });
  if (!selects[2].value && addresses[2]) {
    selects[2].value = addresses[2];
    load(2);
  }
  showPanes();
  fit();
}

/** Fill the lists with what can be compared; returns what is shown first. */
function choose(jobs) {
  const { job } = shown;
  const isAlike = (other) => other.picture === job.picture
    && JSON.stringify(other.options.crop) === JSON.stringify(job.options.crop);
  const alike = jobs.filter((other) => other.id !== job.id && isAlike(other));
  const done = [job, ...alike.filter(({ status }) => status === "done")];
  const address = (id, name) => `/v1/jobs/${id}/views/${name}`;
  const results = done.map((other) => [
    `Enlarged, ${kindOf(other)}, ${other.result.width} × ${other.result.height}`, address(other.id, "result")]);
  const choices = [["Plain enlargement (bicubic)", address(job.id, "bicubic")], ...results];
  if (job.result.width * job.result.height <= MOST_MAPPED) {
    choices.push([MAP, address(job.id, "invented")]);
    for (const other of done.slice(1)) {
      if (other.result.width === job.result.width && other.result.height === job.result.height) {
        choices.push([`Map: ${kindOf(job)} against ${kindOf(other)}`, `${address(job.id, "invented")}?against=${other.id}`]);
      }
    }
  }
  selects.forEach((select, number) => {
    const none = number === 2 ? [new Option("nothing", "")] : [];
    select.replaceChildren(...none, ...choices.map(([text, place]) => new Option(text, place)));
  });
  const isPhotoReal = job.options.fidelity !== null && job.options.fidelity < 0.5;
  const wanted = isPhotoReal ? 1 : 0;
  const isThere = (other) => (other.options.fidelity ?? 1) === wanted && other.options.model === "auto";
  const button = get("other-kind");
  button.hidden = job.options.model !== "auto" || alike.some(isThere);
  button.textContent = `Also make it ${wanted ? "faithful" : "photo-real"}`;
  button.value = wanted;
  const other = done.slice(1).find((each) => each.result.width === job.result.width) ?? done[1];
  return [address(job.id, "bicubic"), address(job.id, "result"), other && address(other.id, "result")];
}

async function load(number) {
  const [select, image] = [selects[number], panes[number].querySelector("img")];
  const address = select.value;
  showPanes();
  if (!address) return;
  const text = select.selectedOptions[0].text;
  get("compare-state").textContent = "Preparing the images.";
  image.src = address;
  image.alt = text;
  panes[number].querySelector(".caption").textContent = text.replace(/, \d+ × \d+$/, "");
  describe();
  try {
    await image.decode();
    if (select.value === address) get("compare-state").textContent = "";
  } catch {
    if (select.value === address) get("compare-state").textContent = `${text} cannot be shown.`;
  }
  draw();
}

const isSide = () => stage.classList.contains("side");

/** Show two images, or side by side three where a third is chosen. */
function showPanes() {
  get("third-label").hidden = !isSide();
  panes[2].hidden = !isSide() || !selects[2].value;
  stage.classList.toggle("three", !panes[2].hidden);
}

function room() {
  const { clientWidth, clientHeight } = panes[1];
  return [clientWidth, clientHeight];
}

function fit() {
  const [width, height] = room();
  view.zoom = Math.min(width / view.width, height / view.height);
  view.x = (width - view.width * view.zoom) / 2;
  view.y = (height - view.height * view.zoom) / 2;
  draw();
}

function zoomTo(zoom, x = room()[0] / 2, y = room()[1] / 2) {
  const [width, height] = room();
  const least = Math.min(1, width / view.width, height / view.height) / 2;
  const next = Math.min(MOST_ZOOM, Math.max(least, zoom));
  view.x = x - (x - view.x) * (next / view.zoom);
  view.y = y - (y - view.y) * (next / view.zoom);
  view.zoom = next;
  draw();
}

function move(x, y) {
  view.x += x;
  view.y += y;
  draw();
}

function draw() {
  const [width, height] = room();
  const keep = 40; // pixels of the images that stay in sight
  view.x = Math.min(width - keep, Math.max(keep - view.width * view.zoom, view.x));
  view.y = Math.min(height - keep, Math.max(keep - view.height * view.zoom, view.y));
  for (const pane of panes) {
    const image = pane.querySelector("img");
    image.style.width = `${view.width}px`;
    image.style.height = `${view.height}px`;
    image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    image.classList.toggle("pixelated", view.zoom * devicePixelRatio > 1.01);
  }
  stage.style.setProperty("--at", `${view.at}%`);
}

function divide(at) {
  view.at = Math.min(100, Math.max(0, at));
  describe();
  draw();
}

function describe() {
  const kinds = selects.map(({ value }) => (value.includes("?against=") ? "against" : value.endsWith("/invented") ? "invented" : ""));
  const kind = kinds.find(Boolean);
  get("compare-note").hidden = !kind;
  get("compare-note").textContent = NOTES[kind] ?? "";
  divider.setAttribute("aria-valuenow", Math.round(view.at));
  const [left, right] = selects.map((select) => select.selectedOptions[0]?.text.replace(/, \d+ × \d+$/, "") ?? "");
  divider.setAttribute("aria-valuetext", `${Math.round(view.at)}% ${left}, then ${right}`);
}

const place = (event) => {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

function inPane([x, y]) {
  if (!isSide()) return [x, y];
  const box = stage.getBoundingClientRect();
  const places = panes.filter((pane) => !pane.hidden).map((pane) => pane.getBoundingClientRect());
  const at = places.find((each) => x + box.left <= each.right && y + box.top <= each.bottom) ?? places[0];
  return [x + box.left - at.left, y + box.top - at.top];
}

// Keyboard

const STEPS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

stage.addEventListener("keydown", (event) => {
  if (event.key === "+" || event.key === "=") zoomTo(view.zoom * 1.25);
  else if (event.key === "-") zoomTo(view.zoom / 1.25);
  else if (event.key === "0") fit();
  else if (event.key === "1") zoomTo(1 / devicePixelRatio);
  else if (event.target === divider && divideByKey(event)) { /* done */ }
  else if (STEPS[event.key] && event.target === stage) move(60 * STEPS[event.key][0], 60 * STEPS[event.key][1]);
  else return;
  event.preventDefault();
});

function divideByKey({ key, shiftKey }) {
  const step = shiftKey ? 10 : 2;
  const places = {
    ArrowLeft: view.at - step, ArrowDown: view.at - step, ArrowRight: view.at + step, ArrowUp: view.at + step,
    PageDown: view.at - 20, PageUp: view.at + 20, Home: 0, End: 100,
  };
  if (!(key in places)) return false;
  divide(places[key]);
  return true;
}

// Pointers: drag the divider, drag the images, pinch, or tap to put the divider there

stage.addEventListener("pointerdown", (event) => {
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { at: place(event), divides: event.target === divider });
  moved = false;
});

stage.addEventListener("pointermove", (event) => {
  const pointer = pointers.get(event.pointerId);
  if (!pointer) return;
  const [before, now] = [pointer.at, place(event)];
  const distance = Math.hypot(now[0] - before[0], now[1] - before[1]);
  if (!moved && distance < 4) return;
  moved = true;
  pointer.at = now;
  if (pointer.divides) {
    divide(100 * now[0] / stage.clientWidth);
  } else if (pointers.size === 2) {
    const [other] = [...pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, { at }]) => at);
    const spread = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    zoomTo(view.zoom * spread(now) / spread(before), ...inPane([(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]));
  } else {
    move(now[0] - before[0], now[1] - before[1]);
  }
});

function release(event) {
  const pointer = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  if (event.type === "pointerup" && pointer && !moved && !isSide()) divide(100 * pointer.at[0] / stage.clientWidth);
}

stage.addEventListener("pointerup", release);
stage.addEventListener("pointercancel", release);
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomTo(view.zoom * Math.exp(-event.deltaY / 400), ...inPane(place(event)));
}, { passive: false });

dialog.addEventListener("click", (event) => {
  const { zoom, move: way } = event.target.dataset ?? {};
  if (zoom === "in") zoomTo(view.zoom * 1.25);
  if (zoom === "out") zoomTo(view.zoom / 1.25);
  if (zoom === "one") zoomTo(1 / devicePixelRatio);
  if (zoom === "fit") fit();
  if (way) move(...{ left: [60, 0], right: [-60, 0], up: [0, 60], down: [0, -60] }[way]);
  if ("close" in (event.target.dataset ?? {})) dialog.close();
});
selects.forEach((select, number) => select.addEventListener("change", () => load(number)));
get("side").addEventListener("change", () => {
  stage.classList.toggle("side", get("side").checked);
  showPanes();
  fit();
});
get("other-kind").addEventListener("click", async ({ currentTarget }) => {
  currentTarget.hidden = true;
  get("compare-state").textContent = "Another result is being made; it will appear here.";
  divider.focus();
  await shown.make(Number(currentTarget.value));
});
addEventListener("resize", () => { if (dialog.open) fit(); });
