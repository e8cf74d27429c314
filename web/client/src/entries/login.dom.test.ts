/** The sign-in page with a script: show the password, say that Caps Lock is on, submit once. */
import { beforeEach, expect, test } from "vitest";
import { enhance } from "./login";

let form: HTMLFormElement;
const part = <E extends Element>(selector: string) => form.querySelector<E>(selector)!;

beforeEach(() => {
  document.body.innerHTML = `
    <form data-sign-in>
      <input name="username"><input name="password" type="password">
      <button type="button" aria-label="show it" data-hide="hide" data-hide-label="hide it" data-show-password hidden>show</button>
      <p data-caps-lock="CAPS"></p>
      <button type="submit" data-busy="Checking">Sign in</button>
    </form>`;
  form = document.querySelector("form")!;
  form.addEventListener("submit", (event) => event.preventDefault());
  enhance(form);
});

test("the page says that scripts run", () => {
  expect(document.documentElement.dataset["script"]).toBe("on");
});

test("the password can be looked at, and is hidden again before it is sent", () => {
  const password = part<HTMLInputElement>("[name=password]");
  const button = part<HTMLButtonElement>("[data-show-password]");
  expect(button.hidden).toBe(false);
  button.click();
  expect([password.type, button.textContent, button.ariaLabel]).toEqual(["text", "hide", "hide it"]);
  form.requestSubmit();
  expect([password.type, button.textContent, button.ariaLabel]).toEqual(["password", "show", "show it"]);
});

test("Caps Lock is mentioned while it is on", () => {
  const password = part<HTMLInputElement>("[name=password]");
  const press = (on: boolean) =>
    password.dispatchEvent(new KeyboardEvent("keyup", { key: "A", modifierCapsLock: on }));
  press(true);
  expect(part("[data-caps-lock]").textContent).toBe("CAPS");
  press(false);
  expect(part("[data-caps-lock]").textContent).toBe("");
});

test("a second press does not submit again, and coming back makes the button usable", () => {
  const button = part<HTMLButtonElement>("[type=submit]");
  form.requestSubmit();
  expect(button.textContent).toBe("Checking");
  const again = new Event("submit", { cancelable: true });
  form.dispatchEvent(again);
  expect(button.ariaDisabled).toBe("true");
  window.dispatchEvent(new Event("pageshow"));
  expect([button.textContent, button.ariaDisabled]).toEqual(["Sign in", null]);
});
