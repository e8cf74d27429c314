/** Lets pdf.js read a sealed file by pieces, each opened when it is needed. */
import { PDFDataRangeTransport } from "pdfjs-dist/legacy/build/pdf.mjs";
import { PdfTrouble } from "./trouble";

/** As `Files.reader` gives it. */
export interface Reader {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `from` up to, not including, `to`. */
  range(from: number, to: number): Promise<Uint8Array>;
}

export class Ranges extends PDFDataRangeTransport {
  readonly #reader: Reader;
  readonly #failed: (trouble: PdfTrouble) => void;
  #over = false;

  /** `failed` hears of it once: pdf.js has no way to hear that a piece does not come. */
  constructor(reader: Reader, failed: (trouble: PdfTrouble) => void) {
    super(reader.size, null);
    this.#reader = reader;
    this.#failed = failed;
  }

  override requestDataRange(begin: number, end: number): void {
    void this.#fetch(begin, Math.min(end, this.#reader.size));
  }

  override abort(): void {
    this.#over = true;
  }

  async #fetch(begin: number, end: number): Promise<void> {
    try {
      const bytes = await this.#reader.range(begin, end);
      if (!this.#over) this.onDataRange(begin, bytes);
    } catch (error) {
      if (!this.#over) this.#failed(error instanceof PdfTrouble ? error : new PdfTrouble("unreachable", { cause: error }));
      this.#over = true;
    }
  }
}
