// The panel before each series of ratings: progress, and checks of window and screen.

import { isUnpinched, isWhole, obstacle, ratio } from "./screen.js";

const WORDS = {
  pause: ["Paused", "Go on when you like. You may close this page, and open your link again another day."],
  break: ["Take your time", "Go on when your eyes are rested. You may close this page, and open your link again another day."],
  hidden: ["Paused", "This page was out of sight, so it waited for you."],
  undone: ["Taken back", "Rate the last picture again."],
  zoom: ["The size of pixels has changed", "The page was zoomed, or moved to another screen, so it paused."],
  "small-window": ["The window has become too small", "It has no room for the next pictures, so rating paused."],
};

const REMEDIES = {
  screen: [
    "This screen has too few pixels for the pictures.",
    "They are never made smaller here. If the page is zoomed, set it to 100 % (Ctrl and 0, or Command and 0); else use a larger screen.",
  ],
  window: [
    "This window is too small for the pictures.",
    "Make it larger: maximise it, or use the full screen (F11).",
  ],
};

export class Ready {
  #find;

  constructor(find) {
    this.#find = find;
    find("full").addEventListener("click", () => document.documentElement.requestFullscreen().catch(() => {}));
  }

  // Fill the panel; `why` is the reason why rating stopped, or "".
  fill(state, why) {
    const begun = state.done > 0;
    const [title, text] = WORDS[why] ?? greeting(state);
    this.#find("ready-title").textContent = title;
    this.#find("ready-text").textContent = text;
    this.#find("ready-sitting").textContent = why === "" ? "" : `${progress(state)} ${sitting(state)}`;
    this.#find("ready-keys").hidden = why !== "";
    this.#find("go").textContent = why !== "" || begun ? "Go on" : "Start";
    this.check(state);
  }

  // Show problems of window and screen; rating can start only if the images fit.
  check(state) {
    const hindrance = obstacle(state.next, this.#taken());
    const found = hindrance ? [REMEDIES[hindrance]] : [];
    if (!isWhole()) found.push(magnified());
    this.#find("checks").replaceChildren(...found.map(warning));
    this.#find("go").disabled = hindrance !== "";
    this.#find("full").hidden = hindrance !== "window" || !document.fullscreenEnabled;
    return hindrance;
  }

  // Return the height of the window that is not available for images.
  #taken() {
    const [trial, stage] = [this.#find("trial"), this.#find("stage")];
    const { hidden } = trial;
    trial.hidden = false;
    const height = window.innerHeight - stage.getBoundingClientRect().height;
    trial.hidden = hidden;
    return height;
  }
}

function greeting(state) {
  if (state.stage === "practice" && state.done === 0) {
    const count = state.total === 1 ? "One picture" : `${state.total} pictures`;
    return ["First, some practice", `${count} to try it out. These ratings do not count.`];
  }
  if (state.done > 0) return ["Welcome back", progress(state)];
  return ["Now the ratings", `${state.total} pictures. Rate at your own pace, and pause whenever you like.`];
}

function progress({ stage, done, total }) {
  return `You have rated ${done} of ${total} pictures${stage === "practice" ? " for practice" : ""}.`;
}

export function sitting(state) {
  const minutes = Math.round(state.sitting.seconds / 60);
  const time = minutes < 1 ? "less than a minute" : minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `In this sitting: ${state.sitting.votes} ${state.sitting.votes === 1 ? "rating" : "ratings"} in ${time}.`;
}

function magnified() {
  if (!isUnpinched()) return ["The page is magnified, which blurs pictures.", "Pinch it until it has its usual size again."];
  return [
    `The page is shown at ${Math.round(ratio() * 100)} % of its size.`,
    "If it is zoomed, set it to 100 %: press Ctrl and 0, or Command and 0. If this stays, the screen itself is scaled: just go on. Pictures are still shown pixel by pixel if your browser can; whether it does is noted.",
  ];
}

function warning([title, text]) {
  const [box, strong] = [document.createElement("p"), document.createElement("b")];
  box.className = "warning";
  strong.textContent = title;
  box.append(strong, text);
  return box;
}
