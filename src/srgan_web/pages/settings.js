// The settings of results: kept in the browser, and sent as a form.
const get = (id) => document.getElementById(id);

const SETTINGS = ["fidelity", "size", "width", "format", "model", "quality"];
const storage = {
  load: () => { try { return JSON.parse(localStorage.getItem("settings")) || {}; } catch { return {}; } },
  save: (values) => { try { localStorage.setItem("settings", JSON.stringify(values)); } catch { /* private mode */ } },
};

function showSettings() {
  const fidelity = Number(get("fidelity").value);
  get("fidelity-text").textContent = fidelity === 0 ? "photo-real" : `${fidelity}% faithful`;
  get("detail").disabled = get("model").value !== "auto";
  get("width-field").hidden = get("size").value !== "width";
  for (const radio of document.getElementsByName("kind")) radio.checked = Number(radio.value) === fidelity;
  const values = Object.fromEntries(SETTINGS.map((name) => [name, get(name).value]));
  storage.save({ ...values, metadata: get("metadata").checked });
}

function loadSettings() {
  const values = storage.load();
  for (const name of SETTINGS) {
    if (values[name] === undefined) continue;
    const before = get(name).value;
    get(name).value = values[name];
    if (!get(name).value) get(name).value = before;
  }
  if (values.metadata === false) get("metadata").checked = false;
}

/** The settings as a form. */
export function options() {
  const form = new FormData();
  const fidelity = Number(get("fidelity").value);
  form.set("model", get("model").value);
  if (get("model").value === "auto" && fidelity < 100) form.set("fidelity", fidelity / 100);
  if (get("size").value === "width") form.set("width", get("width").value);
  else if (get("size").value !== "4") form.set("scale", get("size").value);
  form.set("format", get("format").value);
  form.set("quality", get("quality").value);
  form.set("keep_metadata", get("metadata").checked);
  return form;
}

/** Make the form of settings work; `changed` is called after each change. */
export function followSettings(changed = () => {}) {
  loadSettings();
  showSettings();
  get("settings").addEventListener("submit", (event) => event.preventDefault());
  get("settings").addEventListener("input", (event) => {
    if (event.target.name === "kind") get("fidelity").value = event.target.value;
    showSettings();
    changed();
  });
}
