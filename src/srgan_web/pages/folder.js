// The page of folders: a batch is begun, followed by the server's events, and its ledger shown.
import { number, seconds, send } from "./requests.js";
import { followSettings, options } from "./settings.js";

const get = (id) => document.getElementById(id);
const cards = new Map();
const STATUS = { queued: "waiting", running: "in work", done: "done", failed: "failed", skipped: "left out" };

function announce(text) {
  get("status").textContent = text;
}

async function attempt(work) {
  get("problems").replaceChildren();
  try {
    return await work();
  } catch (error) {
    const line = document.createElement("p");
    line.textContent = error.message;
    get("problems").append(line);
    return null;
  }
}

// The folder

async function showFolder() {
  const path = get("path").value;
  const found = await send(`/v1/folders?path=${encodeURIComponent(path)}`, "GET").catch(() => null);
  if (!found || get("path").value !== path) return; // while a path is being typed
  const at = found.path === "." ? "" : `${found.path}/`;
  const places = found.folders.map((name) => `${at}${name}`);
  get("folders").replaceChildren(...places.map((place) => new Option("", place)));
  const parent = at && found.path.split("/").slice(0, -1).join("/");
  const buttons = (at ? [[parent, "up"]] : []).concat(places.map((place, index) => [place, found.folders[index]]));
  get("inside").replaceChildren(...buttons.map(([place, name]) => {
    const [item, button] = [document.createElement("li"), document.createElement("button")];
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      get("path").value = place;
      get("path").focus();
      showFolder();
    });
    item.append(button);
    return item;
  }));
}

async function begin() {
  const form = options();
  form.set("path", get("path").value);
  form.set("recursive", get("recursive").checked);
  announce("Looking through the folder.");
  const batch = await attempt(() => send("/v1/batches", "POST", form));
  announce(batch ? `${number(batch.files)} files in ${batch.folder}.` : "");
  if (batch) follow(batch);
}

// Batches

function follow(batch) {
  show(batch);
  const card = cards.get(batch.id);
  card.events?.close();
  const events = card.events = new EventSource(batch.links.events);
  events.addEventListener("batch", (event) => {
    const now = JSON.parse(event.data);
    show(now);
    if (now.status === "done") events.close();
  });
  events.addEventListener("removed", () => forget(batch.id));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(followAgain, 3000, batch);
  });
}

/** Follow a batch whose events the server refused, unless it has been removed. */
async function followAgain(batch) {
  const response = await fetch(batch.links.self).catch(() => null);
  if (response?.status === 404) forget(batch.id);
  else if (!cards.has(batch.id)) return;
  else if (response?.ok) follow(await response.json());
  else setTimeout(followAgain, 3000, batch);
}

function show(batch) {
  const card = cards.get(batch.id) ?? newCard(batch);
  const { counts, files } = batch;
  const ended = files - counts.queued - counts.running;
  const part = (selector) => card.element.querySelector(selector);
  if (card.batch.status !== batch.status && batch.status === "done") {
    announce(`${batch.folder} is done: ${counts.done} enlarged, ${counts.failed} failed.`);
  }
  card.batch = batch;
  part("h3").textContent = batch.folder === "." ? "The folder itself" : batch.folder;
  part(".facts").textContent = `Results in ${batch.output}`;
  const left = batch.seconds_left && batch.status !== "done" ? `, about ${seconds(batch.seconds_left)} left` : "";
  part(".state").textContent = `${number(ended)} of ${number(files)} files: ${number(counts.done)} enlarged, `
    + `${number(counts.failed)} failed, ${number(counts.skipped)} left out${left}`;
  const bar = part("progress");
  bar.hidden = batch.status === "done";
  bar.value = 100 * ended / files;
  bar.setAttribute("aria-label", `Progress of ${batch.folder}`);
  part('[data-do="retry"]').hidden = !counts.failed;
  part('[data-do="remove"]').textContent = batch.status === "done" ? "Remove from the list" : "Stop";
  for (const button of card.element.querySelectorAll(".actions [data-do]")) {
    button.setAttribute("aria-label", `${button.textContent}: ${batch.folder}`);
  }
  if (part("details").open && ended !== card.ended) showFiles(card, card.offset);
  card.ended = ended;
  get("empty").hidden = cards.size > 0;
}

function newCard(batch) {
  const element = get("batch").content.firstElementChild.cloneNode(true);
  const card = { element, batch, offset: 0, ended: -1 };
  cards.set(batch.id, card);
  get("batches").prepend(element);
  const details = element.querySelector("details");
  details.addEventListener("toggle", () => { if (details.open) attempt(() => showFiles(card, 0)); });
  element.querySelector("select").addEventListener("change", () => attempt(() => showFiles(card, 0)));
  element.addEventListener("click", (event) => {
    const act = { retry: () => retry(card), remove: () => remove(card), more: () => showFiles(card, card.next) }[
      event.target.dataset?.do];
    if (act) attempt(act);
  });
  return card;
}

async function retry({ batch }) {
  follow(await send(`${batch.links.self}/retry`));
}

async function remove({ batch }) {
  await send(batch.links.self, "DELETE");
  forget(batch.id);
}

function forget(id) {
  const card = cards.get(id);
  if (!card) return;
  card.events?.close();
  if (card.element.contains(document.activeElement)) get("batches-title").focus();
  card.element.remove();
  cards.delete(id);
  get("empty").hidden = cards.size > 0;
}

async function showFiles(card, offset) {
  const status = card.element.querySelector("select").value;
  const query = new URLSearchParams({ status, offset });
  const { files, next } = await send(`${card.batch.links.files}?${query}`, "GET");
  Object.assign(card, { offset, next });
  card.element.querySelector("tbody").replaceChildren(...files.map((file) => {
    const row = document.createElement("tr");
    const outcome = [file.status === "done" && file.output, file.note].filter(Boolean).join("; ");
    const cells = [file.source, STATUS[file.status], outcome];
    row.append(...cells.map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
  const more = card.element.querySelector('[data-do="more"]');
  more.hidden = next === null && offset === 0;
  more.textContent = next === null ? "Back to the first files" : "More files";
  if (next === null) card.next = 0;
}

followSettings();
get("path").addEventListener("input", showFolder);
get("begin").addEventListener("click", begin);
showFolder();
const { batches } = await send("/v1/batches", "GET");
for (const batch of batches.reverse()) {
  if (batch.status === "done") show(batch); else follow(batch);
}
