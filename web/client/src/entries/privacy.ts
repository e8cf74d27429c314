/** The privacy notice: only read, but for the switch by which one objects to being counted. */
import "../styles/base.css";
import { object, objects } from "../call/objection";

const button = document.getElementById("objection");
const line = document.getElementById("counted");
if (button && line) {
  const show = () => {
    const objected = objects();
    button.hidden = objected === null;
    button.setAttribute("aria-checked", String(objected === true));
    line.textContent = line.dataset[objected === null ? "blocked" : objected ? "off" : "on"] ?? "";
  };
  button.addEventListener("click", () => {
    void object(button.getAttribute("aria-checked") !== "true");
    show();
  });
  // Another tab may have said otherwise meanwhile.
  window.addEventListener("storage", show);
  show();
}
