/** Keeps the screen from going dark during a talk, where the browser lets us. */

export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let over = false;
  const take = async () => {
    if (over || document.visibilityState !== "visible") return;
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    if (over) void lock?.release();
  };
  const again = () => void take();
  document.addEventListener("visibilitychange", again);
  void take();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", again);
    void lock?.release();
  };
}
