// A part of a photo, chosen by a rectangle or by numbers.
const get = (id) => document.getElementById(id);
const dialog = get("crop");
const area = get("crop-stage");
const image = area.querySelector("img");
const box = get("crop-box");
const inputs = ["left", "top", "width", "height"].map((name) => get(`crop-${name}`));

let size = { width: 1, height: 1 };
let corner = null;

/** Ask for a part of a job's photo; resolves with [left, top, width, height] in pixels, or null. */
export async function chooseCrop(job) {
  size = job.source;
  image.src = `/v1/jobs/${job.id}/views/source`;
  dialog.returnValue = "";
  dialog.showModal();
  show(...(job.options.crop || [0, 0, size.width, size.height]));
  await image.decode().catch(() => null);
  fit();
  if (dialog.open) await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const part = values();
  const whole = part[0] === 0 && part[1] === 0 && part[2] === size.width && part[3] === size.height;
  return dialog.returnValue === "use" && !whole ? part : null;
}

function values() {
  return inputs.map((input) => Math.round(Number(input.value)) || 0);
}

function show(...part) {
  part.forEach((value, number) => { inputs[number].value = value; });
  limit();
  draw();
}

/** Keep the part inside the photo. */
function limit() {
  const [left, top] = values();
  inputs[0].max = size.width - 1;
  inputs[1].max = size.height - 1;
  inputs[2].max = Math.max(1, size.width - left);
  inputs[3].max = Math.max(1, size.height - top);
}

/** Make the photo as large as the window, up to 8 times. */
function fit() {
  const width = dialog.clientWidth - 32;
  const height = dialog.clientHeight - area.offsetTop - 16;
  image.style.width = `${Math.floor(size.width * Math.min(8, width / size.width, height / size.height))}px`;
  draw();
}

function draw() {
  const factor = image.clientWidth / size.width;
  const [left, top, width, height] = values();
  box.hidden = !factor;
  Object.assign(box.style, {
    left: `${left * factor}px`, top: `${top * factor}px`, width: `${width * factor}px`, height: `${height * factor}px`,
  });
}

function point(event) {
  const { left, top } = image.getBoundingClientRect();
  const factor = image.clientWidth / size.width;
  const inside = (value, most) => Math.round(Math.min(most, Math.max(0, value / factor)));
  return [inside(event.clientX - left, size.width), inside(event.clientY - top, size.height)];
}

area.addEventListener("pointerdown", (event) => {
  area.setPointerCapture(event.pointerId);
  corner = point(event);
});
area.addEventListener("pointermove", (event) => {
  if (!corner) return;
  const [x, y] = point(event);
  const [width, height] = [Math.abs(x - corner[0]), Math.abs(y - corner[1])];
  if (width && height) show(Math.min(x, corner[0]), Math.min(y, corner[1]), width, height);
});
area.addEventListener("pointerup", () => { corner = null; });
area.addEventListener("pointercancel", () => { corner = null; });
for (const input of inputs) input.addEventListener("input", () => { limit(); draw(); });
addEventListener("resize", () => { if (dialog.open) fit(); });
