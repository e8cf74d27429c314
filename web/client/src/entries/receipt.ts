/** The rights desk works without a script; this sets what is typed in groups of four, as it stands
 * on the receipt, and lets nobody press twice. */
import "../styles/base.css";
import "../styles/receipt.css";
import { groups } from "../call/groups";

for (const input of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("[data-groups]")) {
  const most = Number(input.dataset["groups"]);
  input.addEventListener("input", () => {
    // In the midst of a text nothing jumps under the cursor.
    if (input.selectionStart === input.value.length) input.value = groups(input.value, most);
  });
  // A code has two lines of room and is one line all the same.
  input.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key !== "Enter") return;
    event.preventDefault();
    input.form?.requestSubmit();
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("[data-once]")) {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const words = button?.textContent ?? "";
  form.addEventListener("submit", (event) => {
    if (button?.ariaDisabled === "true") return event.preventDefault();
    if (!button) return;
    button.ariaDisabled = "true";
    button.textContent = button.dataset["busy"] ?? words;
  });
  // A page from the browser's memory can be used again.
  window.addEventListener("pageshow", () => {
    if (!button) return;
    button.ariaDisabled = null;
    button.textContent = words;
  });
}
