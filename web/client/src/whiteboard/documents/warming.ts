/** Has pdf.js ready when the first document comes: fetched and started a moment after the board is drawn. */

const AFTER_MS = 1_000;

/** Returns what ends it; what was not needed ends with it. */
export function warmed(): () => void {
  let cool: (() => void) | null = () => clearTimeout(timer);
  const warm = async () => {
    const pdf = await import("./pdf");
    if (cool === null) return;
    pdf.warm();
    cool = pdf.cool;
  };
  // What cannot be fetched now is fetched with the document.
  const timer = setTimeout(() => void warm().catch(() => undefined), AFTER_MS);
  return () => {
    cool?.();
    cool = null;
  };
}
