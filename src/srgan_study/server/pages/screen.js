// The screen: whether one pixel of a picture is one of the screen, and whether the pictures have room.

const MARGIN = 8; // CSS pixels of gray around a picture, at least
const LOOK_EVERY = 250; // milliseconds
const SMALLEST_SIDE = 500; // CSS pixels of a screen's shorter side; below that it is a phone's

export const ratio = () => window.devicePixelRatio;

const near = (one, other) => Math.abs(one - other) < 1e-3;

// Whether nothing was pinched larger, which no other measure tells.
export const isUnpinched = () => near(window.visualViewport?.scale ?? 1, 1);

// Whether a CSS pixel is a whole number of the screen's: then every browser shows pictures as they are.
export const isWhole = () => ratio() > 0.999 && near(ratio(), Math.round(ratio())) && isUnpinched();

// The size that gives every pixel of the picture one of the screen.
export function size(image, picture) {
  image.style.width = `${picture.width / ratio()}px`;
  image.style.height = `${picture.height / ratio()}px`;
}

// Put a picture into the middle of an area, on whole pixels of the screen.
export function centre(image, picture, area) {
  size(image, picture);
  const edges = area.getBoundingClientRect();
  image.style.left = `${Math.round((edges.width * ratio() - picture.width) / 2) / ratio()}px`;
  image.style.top = `${Math.round((edges.height * ratio() - picture.height) / 2) / ratio()}px`;
}

// Whether all pictures would have room in an area, with some gray around them.
export function fit(pictures, area) {
  const { width, height } = area.getBoundingClientRect();
  const [widest, highest] = largest(pictures);
  return widest <= width && highest <= height;
}

// CSS pixels.
function largest(pictures) {
  const most = (side) => Math.max(0, ...pictures.map((picture) => picture[side])) / ratio() + 2 * MARGIN;
  return [most("width"), most("height")];
}

// Move a picture in the flow of the page by the part of a pixel that it is off.
export function snap(image) {
  image.style.left = image.style.top = "0";
  const { left, top } = image.getBoundingClientRect();
  image.style.left = `${Math.round(left * ratio()) / ratio() - left}px`;
  image.style.top = `${Math.round(top * ratio()) / ratio() - top}px`;
}

// Whether the browser itself says that the picture covers as many pixels of the screen as it has.
// A browser that cannot say is not believed.
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

// Whether this is a phone's screen, on which pictures would be tiny.
export const isSmall = () => Math.min(window.screen.width, window.screen.height) < SMALLEST_SIDE;

// What stands in the way of these pictures: "" if nothing, else "screen" or "window".
// `taken` is the height that is not for pictures.
export function obstacle(pictures, taken) {
  const [width, height] = largest(pictures);
  if (window.screen.width < width || window.screen.height < height + taken) return "screen";
  return window.innerWidth < width || window.innerHeight < height + taken ? "window" : "";
}

// Call back with the old ratio and the new one whenever it changes, and at every other change of the window's size.
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
  setInterval(look, LOOK_EVERY); // a window that is moved to another screen need not be told
}
