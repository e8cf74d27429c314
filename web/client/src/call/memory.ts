/** What this tab must still know after a reload: which devices were on, how far the chat was
    read, and that the call was here. Kept in the history entry, which ends with the tab; no cookie and no storage (OB-26). */

export interface Kept {
  camera: boolean;
  microphone: boolean;
}

export function keep(devices: Kept): void {
  put({ devices });
}

/** Null if nothing was decided in this tab. */
export function kept(): Kept | null {
  const { devices } = state();
  if (typeof devices !== "object" || devices === null) return null;
  const { camera, microphone } = devices as Record<string, unknown>;
  return { camera: camera === true, microphone: microphone === true };
}

/** Whether a camera may only be seen with its background blurred (blur/background.ts). */
export function keptBlur(): boolean {
  return state()["blur"] === true;
}

/** Remember the position in the log of the last message that was seen. */
export function keepSeen(seq: number): void {
  put({ seen: seq });
}

export function keptSeen(): number {
  const { seen } = state();
  return typeof seen === "number" ? seen : 0;
}

/** The same of the last file. */
export function keepSeenFiles(seq: number): void {
  if (seq !== keptSeenFiles()) put({ files: seq });
}

export function keptSeenFiles(): number {
  const { files } = state();
  return typeof files === "number" ? files : 0;
}

/** The name of the page in this tab that has the call (tab.ts); null: none has. */
export function keepPage(page: string | null): void {
  put({ page });
}

export function keptPage(): string | null {
  const { page } = state();
  return typeof page === "string" ? page : null;
}

export function put(facts: object): void {
  history.replaceState({ ...state(), ...facts }, "");
}

/** Read with care: whatever made this history entry may have written there. */
function state(): Record<string, unknown> {
  return typeof history.state === "object" ? ((history.state as Record<string, unknown> | null) ?? {}) : {};
}
