/** The pages under the board's own canvas: sheets of paper that move with it. Plain DOM, because it
 * moves with every pixel that one scrolls. It does not know pdf.js, nor Excalidraw. */
import type { Camera } from "./camera";
import type { Documents } from "./documents";
import type { Page } from "./pages";

export interface SheetWords {
  /** On a page that is being drawn. */
  drawing: string;
  trouble(code: string): string;
}

export class Sheets {
  readonly #world: HTMLElement;
  readonly #documents: Documents;
  readonly #words: SheetWords;
  readonly #sheets = new Map<string, HTMLElement>();

  constructor(host: HTMLElement, documents: Documents, words: SheetWords) {
    this.#world = document.createElement("div");
    this.#world.className = "sheets";
    host.append(this.#world);
    this.#documents = documents;
    this.#words = words;
  }

  move({ scrollX, scrollY, zoom }: Camera): void {
    this.#world.style.transform = `scale(${zoom}) translate(${scrollX}px, ${scrollY}px)`;
  }

  /** Show these pages and no others. */
  show(pages: readonly Page[]): void {
    const shown = new Set(pages.map(({ id }) => id));
    for (const [id, sheet] of this.#sheets) {
      if (shown.has(id)) continue;
      sheet.remove();
      this.#sheets.delete(id);
    }
    for (const page of pages) this.#fill(this.#sheets.get(page.id) ?? this.#add(page.id), page);
  }

  remove(): void {
    this.#world.remove();
    this.#sheets.clear();
  }

  #add(id: string): HTMLElement {
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    this.#sheets.set(id, sheet);
    this.#world.append(sheet);
    return sheet;
  }

  #fill(sheet: HTMLElement, page: Page): void {
    const { style } = sheet;
    [style.left, style.top] = [`${page.x}px`, `${page.y}px`];
    [style.width, style.height] = [`${page.width}px`, `${page.height}px`];
    const canvas = this.#documents.drawn(page.key);
    const trouble = this.#documents.trouble(page.file, page.number);
    sheet.dataset["page"] = page.key;
    sheet.dataset["state"] = canvas ? "drawn" : trouble === null ? "drawing" : "failed";
    if (canvas !== null) {
      if (sheet.firstChild !== canvas) sheet.replaceChildren(canvas);
      return;
    }
    const text = trouble === null ? this.#words.drawing : this.#words.trouble(trouble);
    if (sheet.textContent === text) return;
    const word = document.createElement("p");
    word.textContent = text;
    sheet.replaceChildren(word);
  }
}
