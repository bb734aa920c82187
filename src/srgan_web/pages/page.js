// The page: photos are added, their jobs shown as cards that follow the server's events, and results saved.
import { kindOf, openCompare, showResults } from "./compare.js";
import { chooseCrop } from "./crop.js";
import { bytes, number, seconds, send, sides } from "./requests.js";
import { followSettings, options } from "./settings.js";

const get = (id) => document.getElementById(id);
const jobs = new Map();
const cards = new Map();
const busy = { adding: 0 };

function announce(text) {
  get("status").textContent = text;
}

const post = (path, form) => send(path, "POST", form, () => announce("The queue is full: waiting for room."));

function complain(text) {
  const line = document.createElement("p");
  line.textContent = text;
  get("problems").append(line);
  while (get("problems").children.length > 5) get("problems").firstChild.remove();
}

async function attempt(name, work) {
  try {
    return await work();
  } catch (error) {
    complain(`${name}: ${error.message}`);
    return null;
  }
}

// Adding photos

async function add(files) {
  get("problems").replaceChildren();
  const waiting = [...files];
  if (!waiting.length) return;
  busy.adding += waiting.length;
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      announce(`Adding ${busy.adding} ${busy.adding === 1 ? "photo" : "photos"}.`);
      await attempt(file.name || "photo", () => addOne(file));
      busy.adding--;
    }
  };
  await Promise.all([worker(), worker()]);
  if (!busy.adding) announce(jobs.size ? "Photos added: choose how, then enlarge." : "");
}

async function addOne(file) {
  const most = Number(document.body.dataset.maxBytes);
  if (file.size > most) throw new Error(`it has ${bytes(file.size)}, more than ${bytes(most)}`);
  const form = new FormData();
  const chosen = options();
  for (const name of ["model", "fidelity"]) if (chosen.has(name)) form.set(name, chosen.get(name));
  form.set("hold", "true");
  form.set("image", file, file.name || "photo");
  receive(await post("/v1/jobs", form));
}

function dropped(event) {
  event.preventDefault();
  get("drop").classList.remove("over");
  add(event.dataTransfer.files);
}

// Jobs

const hasEnded = (job) => ["done", "failed"].includes(job?.status);

function receive(job) {
  const before = jobs.get(job.id);
  if (hasEnded(before) && !hasEnded(job)) return; // an answer that was overtaken by an event
  jobs.set(job.id, job);
  showCard(job.id);
  if (before && before.status !== job.status) {
    if (job.status === "done") announce(`${job.name} is done.`);
    if (job.status === "failed") announce(`${job.name} failed: ${job.error}`);
  }
  if (job.status !== before?.status) showResults([...jobs.values()]);
  showTotals();
}

function forget(id) {
  const card = cards.get(id);
  if (card?.contains(document.activeElement)) get("images-title").focus();
  card?.remove();
  cards.delete(id);
  jobs.delete(id);
  showTotals();
}

async function start(job) {
  const form = options();
  if (job.options.crop) form.set("crop", job.options.crop.join(","));
  receive(await post(`/v1/jobs/${job.id}/start`, form));
}

async function again(job, form = options()) {
  form.set("source", job.id);
  if (job.options.crop && !form.has("crop")) form.set("crop", job.options.crop.join(","));
  receive(await post("/v1/jobs", form));
}

/** Make a faithful (1) or photo-real (0) result of the same photo and of the same size, to compare. */
async function makeOther(job, fidelity) {
  const form = new FormData();
  for (const [name, value] of Object.entries(job.options)) if (value !== null) form.set(name, value);
  form.set("model", "auto");
  form.set("fidelity", fidelity);
  await again(job, form);
}

async function remove(job) {
  await send(`/v1/jobs/${job.id}`, "DELETE").catch(() => null);
  forget(job.id);
  announce(`${job.name} removed.`);
}

async function crop(job) {
  const part = await chooseCrop(job);
  if (!part) return;
  const form = new FormData();
  form.set("hold", "true");
  form.set("crop", part.join(","));
  await again(job, form);
  if (job.status === "held") await remove(job);
}

const ACTIONS = {
  start, again, remove, crop,
  compare: (job) => openCompare(job, [...jobs.values()], (fidelity) => attempt(job.name, () => makeOther(job, fidelity))),
};

// Cards

function newCard(id) {
  const card = get("card").content.firstElementChild.cloneNode(true);
  card.querySelector(".actions").addEventListener("click", (event) => {
    const action = ACTIONS[event.target.dataset?.do];
    const job = jobs.get(id);
    if (action && job) attempt(job.name, () => action(job));
  });
  card.querySelector("img").src = `/v1/jobs/${id}/views/thumbnail`;
  get("images").append(card);
  cards.set(id, card);
  return card;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showCard(id) {
  const job = jobs.get(id);
  const card = cards.get(id) || newCard(id);
  const part = (selector) => card.querySelector(selector);
  card.className = `card ${job.status}`;
  setText(part("h3"), job.name);
  part("img").alt = `Thumbnail of ${job.name}`;
  const crop = job.options.crop;
  const whole = `${sides(job.source)}, ${job.source.format.toUpperCase()}, ${bytes(job.source.bytes)}`;
  const cut = crop ? `Part of ${crop[2]} × ${crop[3]} pixels from ` : "";
  setText(part(".facts"), `${cut}${whole}${seenText(job)}`);
  setText(part(".model"), modelText(job));
  setText(part(".state"), stateText(job));
  const bar = part("progress");
  bar.hidden = job.status !== "running";
  bar.value = 100 * job.progress;
  bar.setAttribute("aria-label", `Progress of ${job.name}`);
  for (const button of card.querySelectorAll("[data-do]")) {
    button.hidden = !button.dataset.in.split(" ").includes(job.status);
    const words = button.textContent.trim();
    button.setAttribute("aria-label", `${words} ${job.name}`);
    if (button.dataset.do === "save") {
      button.href = job.links.result;
      button.download = job.result.name;
    }
  }
}

function seenText({ seen }) {
  if (!seen) return "";
  const parts = [];
  if (seen.quality) parts.push(`${(seen.lossy || "").toUpperCase()} quality ${seen.quality}`);
  if (seen.noise !== null) parts.push(`noise of ${seen.noise} levels`);
  return parts.length ? `. Seen: ${parts.join(", ")}` : "";
}

function modelText(job) {
  const chosen = job.status === "held" ? get("model").value : job.options.model;
  if (chosen !== "auto") return `Model ${chosen}`;
  return job.reason ? `Model ${job.model.split(" ")[0]}, because ${job.reason}` : `Model ${job.model.split(" ")[0]}`;
}

function stateText(job) {
  const left = job.seconds_left === null ? "" : `, about ${seconds(job.seconds_left)} left`;
  switch (job.status) {
    case "held": return `Becomes ${sides(plannedSize(job))}`;
    case "queued": return `Number ${job.position ?? "…"} in the queue${left}`;
    case "running": return `${Math.round(100 * job.progress)}%${left}`;
    case "done": {
      const notes = job.notes.length ? ` (${job.notes.join("; ")})` : "";
      return `${sides(job.result)}, ${kindOf(job)}, ${bytes(job.result.bytes)}, in ${seconds(job.result.seconds)}${notes}`;
    }
    default: return `Failed: ${job.error}`;
  }
}

function plannedSize(job) {
  const [, , width, height] = job.options.crop || [0, 0, job.source.width, job.source.height];
  const size = get("size").value;
  const factor = size === "width" ? Number(get("width").value) / width : Number(size);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

function showTotals() {
  const count = (...states) => [...jobs.values()].filter((job) => states.includes(job.status)).length;
  const [held, done, working] = [count("held"), count("done"), count("queued", "running")];
  get("enlarge-all").hidden = !held;
  get("enlarge-all").textContent = held === 1 ? "Enlarge 1 photo" : `Enlarge ${held} photos`;
  get("save-all").hidden = done < 2;
  get("remove-all").hidden = jobs.size < 2;
  get("empty").hidden = jobs.size > 0;
  document.title = `${working ? `(${working}) ` : ""}Make photos larger – srgan`;
}

// Start

function follow() {
  const events = new EventSource("/v1/events");
  let before = [...jobs.keys()]; // a job that is added meanwhile may be newer than the list that comes
  events.addEventListener("ready", (event) => {
    const known = new Set(JSON.parse(event.data));
    for (const id of before) if (!known.has(id)) forget(id);
  });
  events.addEventListener("job", (event) => receive(JSON.parse(event.data)));
  events.addEventListener("removed", (event) => forget(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    before = [...jobs.keys()];
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  });
}

followSettings(() => {
  for (const [id, job] of jobs) if (job.status === "held") showCard(id);
});
get("choose").addEventListener("click", () => get("files").click());
get("photograph").addEventListener("click", () => get("camera").click());
for (const input of [get("files"), get("camera")]) {
  input.addEventListener("change", () => { add(input.files); input.value = ""; });
}
get("enlarge-all").addEventListener("click", async () => {
  get("problems").replaceChildren();
  for (const job of [...jobs.values()].filter(({ status }) => status === "held")) await attempt(job.name, () => start(job));
});
get("remove-all").addEventListener("click", async () => {
  if (!confirm(`Remove all ${jobs.size} photos and their results?`)) return;
  for (const job of [...jobs.values()]) await remove(job);
});
document.addEventListener("dragover", (event) => { event.preventDefault(); get("drop").classList.add("over"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) get("drop").classList.remove("over"); });
document.addEventListener("drop", dropped);
document.addEventListener("paste", (event) => add(event.clipboardData.files));
follow();
