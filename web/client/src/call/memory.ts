/** What this tab must still know after a reload: which devices were on. Kept in the history entry,
    which ends with the tab; no cookie and no storage (OB-26). */

export interface Kept {
  camera: boolean;
  microphone: boolean;
}

export function keep(devices: Kept): void {
  const state = (history.state ?? {}) as Record<string, unknown>;
  history.replaceState({ ...state, devices }, "");
}

/** Null if nothing was decided in this tab. */
export function kept(): Kept | null {
  const { devices } = (history.state ?? {}) as { devices?: Partial<Kept> };
  return devices ? { camera: devices.camera === true, microphone: devices.microphone === true } : null;
}
