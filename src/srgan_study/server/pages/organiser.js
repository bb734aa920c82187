// The organiser's page: progress of all raters, reloaded every few seconds; it never receives scores.

const EVERY = 5000; // milliseconds

const find = (id) => document.getElementById(id);
const base = location.pathname.replace(/\/$/, "");
const rows = new Map(); // code: row
const count = new Intl.NumberFormat("en");
let raters = [];

function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${base}/progress`, { cache: "no-store", signal: AbortSignal.timeout(3 * EVERY) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    draw(await answer.json());
    find("trouble").hidden = true;
  } catch {
    find("trouble").hidden = false;
  }
}

function draw(study) {
  raters = study.raters;
  const finished = raters.filter((rater) => rater.stage === "done").length;
  const flagged = raters.filter((rater) => rater.flags.length > 0).length;
  const parts = [
    `${finished} of ${raters.length} raters have finished`,
    `${count.format(study.votes)} of ${count.format(study.expected)} ratings (${study.percent} %)`,
  ];
  if (flagged) parts.push(`${flagged} with flags`);
  if (study.withdrawn) parts.push(`${study.withdrawn} withdrawn`);
  const summary = parts.join(" \u00b7 ");
  if (find("summary").textContent !== summary) find("summary").textContent = summary; // screen readers announce only changes
  const codes = new Set(raters.map((rater) => rater.code));
  for (const [code, row] of rows) if (!codes.has(code)) (row.remove(), rows.delete(code));
  for (const rater of raters) fill(rowOf(rater), rater);
}

// Return the row of a rater; it is created once, so that focus is kept.
function rowOf(rater) {
  const known = rows.get(rater.code);
  if (known) return known;
  const row = element("tr");
  const head = element("th", rater.code);
  head.scope = "row";
  const progress = element("td");
  const bar = element("progress");
  bar.setAttribute("aria-label", `Progress of ${rater.code}`);
  progress.append(bar, element("span"));
  const copied = element("button", "Copy");
  copied.type = "button";
  copied.setAttribute("aria-label", `Copy the link of ${rater.code}`);
  copied.addEventListener("click", () => copy(rater.link, copied));
  const link = element("td");
  link.append(copied);
  row.append(head, element("td"), progress, element("td", "", "number"), element("td"), element("td", "", "number"));
  row.append(element("td", "", "number"), element("td", "", "flags"), link);
  find("raters").append(row);
  rows.set(rater.code, row);
  return row;
}

function fill(row, rater) {
  const [, stage, progress, votes, last, sittings, pauses, flags] = row.cells;
  stage.textContent = rater.stage === "consent" ? "not begun" : rater.stage;
  progress.firstChild.max = Math.max(1, rater.total);
  progress.firstChild.value = rater.votes;
  progress.lastChild.textContent = `${Math.floor(rater.percent)} %`;
  votes.textContent = `${count.format(rater.votes)} / ${count.format(rater.total)}`;
  last.textContent = rater.last_vote ? ago(new Date(rater.last_vote)) : "";
  last.title = rater.last_vote ? new Date(rater.last_vote).toLocaleString() : "";
  sittings.textContent = rater.sittings;
  pauses.textContent = rater.pauses;
  flags.replaceChildren(...rater.flags.map((flag) => element("span", flag, "flag")));
}

function ago(moment) {
  const minutes = Math.max(0, Math.floor((Date.now() - moment) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyOldWay(text); // the clipboard API is missing over plain HTTP
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), 1500);
}

function copyOldWay(text) {
  const area = element("textarea", text);
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

find("copy-all").addEventListener("click", () => {
  copy(raters.map((rater) => `${rater.code}\t${rater.link}`).join("\n"), find("copy-all"));
});
document.addEventListener("visibilitychange", renew);
setInterval(renew, EVERY);
renew();
