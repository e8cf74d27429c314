/** The start page's form: sends it, says what is wrong beside the field, and turns the page into
    the call without loading another one. What the call does is not known here. */
import "../styles/base.css";
import "../styles/start.css";
import { deskLine, isFree, type DeskState } from "../call/availability";
import { Beginner, isBegun, missing, type Begun, type Fault, type Wanted } from "../call/begin";
import { countVisit } from "../call/objection";
import { Prover } from "../call/prover";
import { pageOf } from "../page";
import { t } from "../texts";

const REFRESH_MS = 15_000;
const CHARACTER_OF_NAME = 240;

const page = pageOf();
const form = one(HTMLFormElement, "call-form");
const button = one(HTMLButtonElement, "start-button");
const agency = page.data["agency"] ? String(page.data["agency"]) : null;
const prover = new Prover();
const beginner = new Beginner(undefined, undefined, prover, String(page.data["edition"] ?? ""));
const words = button.textContent;
let busy = false;

// The call is fetched while the person types, so that it is there when they press the button.
form.addEventListener("input", () => void loadCall().catch(() => undefined), { once: true });
form.addEventListener("input", () => prover.prepare());
form.addEventListener("input", (event) => clear((event.target as HTMLInputElement).name));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
void countVisit();
const refresh = setInterval(() => void showDesk(), REFRESH_MS);
document.addEventListener("visibilitychange", () => void showDesk());

async function submit(): Promise<void> {
  if (busy) return;
  const wanted = read();
  clearAll();
  const empty = missing(wanted);
  if (empty.length > 0) {
    for (const field of empty) complain({ code: "name.required", field, text: t(`start.missing.${field}`) });
    focus(empty[0]);
    return;
  }
  working(true);
  const [answer] = await Promise.all([beginner.begin(wanted), loadCall().catch(() => null)]);
  if (isBegun(answer)) return enter(answer);
  // The same address says why, until when, and whom to telephone.
  if (!isBegun(answer) && answer.code === "barred") return location.assign(location.href);
  working(false);
  complain(answer);
  focus(answer.field ?? undefined);
}

function read(): Wanted {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? "").slice(0, CHARACTER_OF_NAME).trim();
  const topic = text("topic");
  const names = { first_name: text("first_name"), last_name: text("last_name") };
  return { ...names, ...(topic ? { topic } : {}), ...(agency ? { agency } : {}) };
}

async function enter(begun: Begun): Promise<void> {
  clearInterval(refresh);
  // A language that was chosen stays chosen, also after a reload.
  const chosen = new URLSearchParams(location.search).has("lang") ? `?lang=${page.language}` : "";
  const path = `/call/${begun.session}${chosen}`;
  try {
    const { mountCall } = await loadCall();
    history.pushState(null, "", path);
    mountCall(page, begun);
  } catch {
    // The script did not come; the page itself may.
    location.assign(path);
  }
}

function loadCall() {
  return import("../call/mount");
}

function complain({ code, field, text }: Fault): void {
  const sentence = text || t(code === "offline" || code === "absent" ? "start.offline" : "error.bug");
  const beside = field && document.getElementById(`${field}-error`);
  if (beside) {
    beside.textContent = sentence;
    input(field)?.setAttribute("aria-invalid", "true");
    return;
  }
  one(HTMLElement, "form-error-text").textContent = sentence;
  one(HTMLElement, "form-error").hidden = false;
}

function focus(field: keyof Wanted | undefined): void {
  (field ? input(field) : button)?.focus();
}

function clear(field: string): void {
  input(field)?.removeAttribute("aria-invalid");
  const beside = document.getElementById(`${field}-error`);
  if (beside) beside.textContent = "";
}

function clearAll(): void {
  for (const field of ["first_name", "last_name", "topic"]) clear(field);
  one(HTMLElement, "form-error").hidden = true;
}

function working(on: boolean): void {
  busy = on;
  button.setAttribute("aria-disabled", String(on));
  button.textContent = on ? t("start.working") : words;
}

async function showDesk(): Promise<void> {
  if (document.visibilityState !== "visible" || busy) return;
  const response = await fetch(`/api/desk/state${agency ? `/${agency}` : ""}`, { cache: "no-store" }).catch(() => null);
  if (!response?.ok || !form.isConnected) return;
  const desk = (await response.json()) as DeskState;
  const line = one(HTMLElement, "desk-line");
  const said = deskLine(desk);
  // Unchanged words are left alone, so that a screen reader does not repeat them.
  if (line.textContent !== said) line.textContent = said;
  one(HTMLElement, "desk-state").dataset["free"] = isFree(desk) ? "1" : "0";
}

function input(field: string): HTMLInputElement | null {
  return form.querySelector<HTMLInputElement>(`[name="${CSS.escape(field)}"]`);
}

function one<T extends HTMLElement>(type: new () => T, id: string): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`#${id} is missing`);
  return found;
}
