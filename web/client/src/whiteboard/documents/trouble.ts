/** What can be wrong with a PDF, as far as people must know; the words are `board.document.trouble.*`. */

export type Trouble = "before" | "damaged" | "encrypted" | "gone" | "infected" | "kind" | "pages" | "pending" | "slow" | "unreachable";

export class PdfTrouble extends Error {
  readonly code: Trouble;

  constructor(code: Trouble, options?: ErrorOptions) {
    super(code, options);
    this.name = "PdfTrouble";
    this.code = code;
  }
}

/** Of whatever was thrown. pdf.js throws its own classes, across bundles: so by name. */
export function troubleOf(error: unknown): PdfTrouble {
  if (error instanceof PdfTrouble) return error;
  const name = error instanceof Error ? error.name : "";
  return new PdfTrouble(name === "PasswordException" ? "encrypted" : "damaged", { cause: error });
}

/** The promise, or "slow" once it took too long; `overrun` then ends what it waits for. */
export async function within<T>(ms: number, promise: Promise<T>, overrun: () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PdfTrouble("slow"));
      overrun();
    }, ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
