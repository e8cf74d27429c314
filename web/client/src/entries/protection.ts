/** The protection desk works without a script; this only lets nobody press twice. */
import "../styles/base.css";
import "../styles/signedin.css";
import "../styles/protection.css";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-once]")) {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  form.addEventListener("submit", (event) => {
    if (button?.ariaDisabled === "true") return event.preventDefault();
    if (button) button.ariaDisabled = "true";
  });
  // A page from the browser's memory can be used again.
  window.addEventListener("pageshow", () => {
    if (button) button.ariaDisabled = null;
  });
}
