/** Files that are dropped on the page or pasted into it. A page that does not take them would be left for
 * them, and the talk with it. It does not know what becomes of them. */

export interface Ears {
  /** Something is held over the page, or no longer. */
  over(on: boolean): void;
  came(files: readonly File[]): void;
}

/** Begin; returns what ends it. `pasted`: what to call a picture that has no name of its own. */
export function watchIncoming(ears: Ears, pasted: string): () => void {
  const over = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    ears.over(true);
  };
  const out = (event: DragEvent) => {
    if (event.relatedTarget === null) ears.over(false);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    ears.over(false);
    tell(event.dataTransfer?.files);
  };
  const paste = (event: ClipboardEvent) => {
    const data = event.clipboardData;
    // Who copies from a letter means its words, though its picture comes along.
    if (data === null || data.files.length === 0 || data.types.includes("text/plain")) return;
    event.preventDefault();
    tell(data.files);
  };
  const tell = (files: FileList | undefined) => {
    const list = Array.from(files ?? [], (file) => (/^image\.\w+$/.test(file.name) ? renamed(file, pasted) : file));
    if (list.length > 0) ears.came(list);
  };
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener("dragenter", over, { signal });
  addEventListener("dragover", over, { signal });
  addEventListener("dragleave", out, { signal });
  addEventListener("drop", drop, { signal });
  addEventListener("paste", paste, { signal });
  return () => stop.abort();
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

function renamed(file: File, name: string): File {
  return new File([file], name + file.name.slice("image".length), { type: file.type });
}
