/** The sign-in page works without a script; this adds what only a script can: looking at what was
 * typed, a word about Caps Lock, and no second submit. It reads the words from the page. */
import "../styles/base.css";
import "../styles/login.css";

export function enhance(form: HTMLFormElement): void {
  const password = form.elements.namedItem("password");
  if (!(password instanceof HTMLInputElement)) return;
  showPassword(form, password);
  sayCapsLock(form, password);
  submitOnce(form);
}

function showPassword(form: HTMLFormElement, password: HTMLInputElement): void {
  const button = form.querySelector<HTMLButtonElement>("[data-show-password]");
  if (button === null) return;
  button.hidden = false;
  const show = { words: button.textContent, label: button.ariaLabel };
  const hide = { words: button.dataset["hide"] ?? "", label: button.dataset["hideLabel"] ?? "" };
  const set = (shown: boolean) => {
    password.type = shown ? "text" : "password";
    button.textContent = (shown ? hide : show).words;
    button.ariaLabel = (shown ? hide : show).label;
  };
  button.addEventListener("click", () => {
    set(password.type === "password");
    password.focus();
  });
  // Password managers recognise it only hidden.
  form.addEventListener("submit", () => set(false));
}

function sayCapsLock(form: HTMLFormElement, password: HTMLInputElement): void {
  const hint = form.querySelector<HTMLElement>("[data-caps-lock]");
  if (hint === null) return;
  const words = hint.dataset["capsLock"] ?? "";
  const look = (event: KeyboardEvent) => {
    hint.textContent = event.getModifierState?.("CapsLock") ? words : "";
  };
  password.addEventListener("keydown", look);
  password.addEventListener("keyup", look);
  password.addEventListener("blur", () => (hint.textContent = ""));
}

function submitOnce(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (button === null) return;
  const words = button.textContent;
  form.addEventListener("submit", (event) => {
    if (button.ariaDisabled === "true") return event.preventDefault();
    button.ariaDisabled = "true";
    button.textContent = button.dataset["busy"] ?? words;
  });
  // Back from the next page by the browser's own button: the page is as it was left.
  window.addEventListener("pageshow", () => {
    button.ariaDisabled = null;
    button.textContent = words;
  });
}

document.documentElement.dataset["script"] = "on";
const form = document.querySelector<HTMLFormElement>("form[data-sign-in]");
if (form !== null) enhance(form);
