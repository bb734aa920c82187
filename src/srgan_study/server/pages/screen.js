// Checks of the screen: whether image pixels are screen pixels, and whether images fit.

const MARGIN = 8; // CSS pixels of gray around a picture, at least
const LOOK_EVERY = 250; // milliseconds
const SMALLEST_SIDE = 500; // CSS pixels of a screen's shorter side; below that it is a phone's

export const ratio = () => window.devicePixelRatio;

const near = (one, other) => Math.abs(one - other) < 1e-3;

// Whether the page is not pinch-zoomed, which devicePixelRatio does not show.
export const isUnpinched = () => near(window.visualViewport?.scale ?? 1, 1);

// Whether a CSS pixel is a whole number of screen pixels: then every browser shows images without resampling.
export const isWhole = () => ratio() > 0.999 && near(ratio(), Math.round(ratio())) && isUnpinched();

// Set the size at which image pixels are screen pixels.
export function size(image, picture) {
  image.style.width = `${picture.width / ratio()}px`;
  image.style.height = `${picture.height / ratio()}px`;
}

// Centre an image in an area, aligned with screen pixels.
export function centre(image, picture, area) {
  size(image, picture);
  const edges = area.getBoundingClientRect();
  image.style.left = `${Math.round((edges.width * ratio() - picture.width) / 2) / ratio()}px`;
  image.style.top = `${Math.round((edges.height * ratio() - picture.height) / 2) / ratio()}px`;
}

// Whether all images fit into an area, with a gray margin.
export function fit(pictures, area) {
  const { width, height } = area.getBoundingClientRect();
  const [widest, highest] = largest(pictures);
  return widest <= width && highest <= height;
}

// Largest width and height in CSS pixels, with margins.
function largest(pictures) {
  const most = (side) => Math.max(0, ...pictures.map((picture) => picture[side])) / ratio() + 2 * MARGIN;
  return [most("width"), most("height")];
}

// Align an image in the flow of the page with screen pixels.
export function snap(image) {
  image.style.left = image.style.top = "0";
  const { left, top } = image.getBoundingClientRect();
  image.style.left = `${Math.round(left * ratio()) / ratio() - left}px`;
  image.style.top = `${Math.round(top * ratio()) / ratio() - top}px`;
}

// Whether the browser reports that the image covers exactly as many screen pixels as it has;
// false where the browser cannot tell.
export function measured(image, picture) {
  if (!("devicePixelContentBoxSize" in (window.ResizeObserverEntry?.prototype ?? {}))) return Promise.resolve(false);
  return new Promise((resolve) => {
    const observer = new ResizeObserver(([entry]) => {
      const box = entry.devicePixelContentBoxSize[0];
      observer.disconnect();
      resolve(box.inlineSize === picture.width && box.blockSize === picture.height);
    });
    observer.observe(image, { box: "device-pixel-content-box" });
  });
}

// Whether this is a phone's screen, on which images would be tiny.
export const isSmall = () => Math.min(window.screen.width, window.screen.height) < SMALLEST_SIDE;

// Return which of "screen" and "window" is too small for these images, or "".
// `taken` is the height that is not available for images.
export function obstacle(pictures, taken) {
  const [width, height] = largest(pictures);
  if (window.screen.width < width || window.screen.height < height + taken) return "screen";
  return window.innerWidth < width || window.innerHeight < height + taken ? "window" : "";
}

// Call `zoomed` with the old and new ratio when it changes, and `resized` at any other change of the window's size.
export function watch(zoomed, resized) {
  const magnification = () => ratio() * (window.visualViewport?.scale ?? 1);
  let before = magnification();
  const look = () => {
    const [old, now] = [before, magnification()];
    before = now;
    if (near(old, now)) return false;
    zoomed(old, now);
    return true;
  };
  const lookAtSize = () => look() || resized();
  window.addEventListener("resize", lookAtSize);
  window.visualViewport?.addEventListener("resize", lookAtSize);
  setInterval(look, LOOK_EVERY); // moving the window to another screen may fire no event
}
