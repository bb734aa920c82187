// The rater's page: shows one panel at a time and moves between them; the server determines the stage.

import { Examples } from "./examples.js";
import { Outbox } from "./outbox.js";
import { Pictures } from "./preload.js";
import { Ready, sitting } from "./ready.js";
import { isSmall, isWhole, ratio, watch } from "./screen.js";
import { chance, Refused, Server } from "./server.js";
import { meaning, Trial } from "./trial.js";

const TAB = "srgan-study-tab";

const find = (id) => document.getElementById(id);
const panels = [...document.querySelectorAll("main > section")];
const base = location.pathname.replace(/\/$/, "");
const outbox = new Outbox(base);
const pictures = new Pictures(trouble);
const server = new Server(base, tabName(), trouble);
const examples = new Examples(find, server, pictures, attempt);
const ready = new Ready(find);
const trial = new Trial(find, server, outbox, pictures);

let state = null; // last state received from the server
let stopped = ""; // why rating stopped; "" before it began
let busy = false; // while a button's action runs
let settled = Promise.resolve(); // resolves when the server has stored why rating stopped

// Return the name of this tab; it survives a reload.
function tabName() {
  try {
    const name = sessionStorage.getItem(TAB) ?? chance();
    sessionStorage.setItem(TAB, name);
    return name;
  } catch {
    return chance();
  }
}

function trouble(failing) {
  find("trouble").hidden = !failing;
  find("trouble").textContent = failing
    ? "No connection to the study. What you did is kept, and sent again by itself: leave this page open."
    : "";
}

const shown = () => panels.find((panel) => !panel.hidden)?.id;

function show(name) {
  for (const panel of panels) panel.hidden = panel.id !== name;
  window.scrollTo(0, 0);
  const first = find({ trial: "trial", ready: "go", rest: "rest-take" }[name]);
  (first && !first.disabled ? first : find(name).querySelector("h1")).focus({ preventScroll: true });
}

// Run an action that contacts the server, and show refusals.
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && error.takenOver) return show("elsewhere");
    const unknown = error instanceof Refused && error.status === 404;
    find("failed-text").textContent = unknown
      ? "This link opens no study. Check that it is whole; if it is, ask whoever sent it to you."
      : error.message;
    show("failed");
    if (!(error instanceof Refused)) throw error;
  }
}

async function open() {
  if (isSmall()) return show("small"); // before it takes over from a screen that is large enough
  show("loading");
  state = await outbox.deliver(server, await server.take());
  find("scale").replaceChildren(...Object.entries(state.labels).map(scaleButton));
  find("recall").hidden = (await examples.count()) === 0;
  route("");
}

function scaleButton([score, label]) {
  const [button, digit] = [document.createElement("button"), document.createElement("b")];
  digit.textContent = score;
  button.type = "button";
  button.append(digit, label);
  button.setAttribute("aria-label", `${score}, ${label}`);
  button.addEventListener("click", (event) => press(event, { kind: "vote", score: Number(score) }));
  return button;
}

// Handle a button of the trial; after a mouse click it loses focus, or the next Enter would press it again.
function press(event, act) {
  if (event.detail > 0) event.currentTarget.blur();
  trial.act(act);
}

// Show the panel of the stage; rating always starts from it.
function route(why) {
  stopped = why;
  if (state.stage === "consent") return show("consent");
  if (state.stage === "calibration") return show("instructions");
  if (state.stage === "done") return finish();
  pictures.keep(state.next);
  ready.fill(state, why);
  show("ready");
}

async function rate() {
  await settled;
  if (ready.check(state) !== "") return route(stopped);
  if (!isWhole()) server.tell("zoom", `${ratio()} at the start`);
  await note("resume", stopped || "start"); // also detects that another window has taken over
  if (state.next.length === 0) return route(""); // finished in another window, or the calibration is due again after a day
  show("trial");
  const end = await trial.run(state);
  state = end.state;
  if (end.why === "break") return rest();
  if (end.why !== "stage") settled = attempt(() => note(end.why, end.detail));
  route(end.why === "stage" ? "" : end.why);
}

// Send an event and update the state.
async function note(kind, detail = "") {
  state = await server.send("events", { kind, detail });
}

function rest() {
  find("rest-text").textContent = `${sitting(state)} ${state.done} of ${state.total} are done.`;
  show("rest");
}

async function takeBreak() {
  await note("break", "taken");
  await note("pause", "break");
  route("break");
}

async function skipBreak() {
  stopped = "";
  await note("break", "declined");
  return rate();
}

function finish() {
  find("code").textContent = state.completion_code ?? "";
  find("completion").hidden = !state.completion_code;
  find("undo-end").hidden = state.undoable === null;
  show("done");
}

async function undoEnd() {
  state = await server.send("undo", { assignment: state.undoable });
  route("undone");
}

async function agree() {
  const answers = Object.fromEntries(
    [...find("agreement").querySelectorAll("select")].filter((menu) => menu.value).map((menu) => [menu.name, menu.value]),
  );
  state = await server.send("consent", { consent: document.body.dataset.consent, answers });
  show("instructions");
}

// Show the calibration, before the practice or again.
async function exemplify(again) {
  show("examples");
  await examples.begin(again, () => calibrated(again));
}

async function calibrated(again) {
  if (!again) state = await server.send("calibrated");
  route(stopped);
}

function understood() {
  return state.stage === "calibration" ? exemplify(false) : route(stopped);
}

// React to a zoomed or resized window: trials pause if images no longer fit or are no longer pixel-exact.
function zoomed(before, now) {
  const pause = { kind: "pause", why: "zoom", detail: `${before} to ${now}` };
  if (shown() === "trial") trial.act(pause);
  else server.tell("zoom", pause.detail);
  resized();
}

function resized() {
  if (shown() === "examples") examples.refit();
  if (shown() === "ready") ready.check(state);
  if (shown() !== "trial" || trial.refit()) return;
  trial.act({ kind: "pause", why: "small-window", detail: `${window.innerWidth}x${window.innerHeight}` });
}

// Ignore a second press while the first is processed.
async function once(work) {
  if (busy) return;
  busy = true;
  await attempt(async () => work()).finally(() => (busy = false));
}

function listen() {
  const clicks = {
    understood, go: rate, recall: () => exemplify(true), reread: () => show("instructions"), "take-back": open,
    reload: () => location.reload(), "rest-take": takeBreak, "rest-skip": skipBreak, "undo-end": undoEnd,
  }; // prettier-ignore
  for (const [id, work] of Object.entries(clicks)) find(id).addEventListener("click", () => once(work));
  find("undo").addEventListener("click", (event) => press(event, { kind: "undo" }));
  find("pause").addEventListener("click", (event) => press(event, { kind: "pause", why: "pause" }));
  find("agreement").addEventListener("submit", (event) => {
    event.preventDefault();
    once(agree);
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat && ["Enter", " "].includes(event.key)) event.preventDefault(); // a key that is held down counts once
    const act = shown() === "trial" && !event.repeat ? meaning(event) : null;
    if (act) event.preventDefault();
    if (act) trial.act(act);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && shown() === "trial") trial.act({ kind: "pause", why: "hidden" });
  });
  watch(zoomed, resized);
}

listen();
attempt(open);
