/** Hands a file to the browser's own download, under a harmless name that says what it is. */
import type { Files, SharedFile } from "./files";
import { withExtension } from "./names";
import { TYPES } from "./sniff";

/** Throws `FileRefused`. */
export async function saveFile(files: Files, file: SharedFile): Promise<void> {
  const blob = await files.blob(file.id);
  const endings: readonly string[] = TYPES[blob.type as keyof typeof TYPES] ?? [];
  saveBlob(blob, withExtension(file.name, endings));
}

function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has read it by then; a revoked address costs nothing.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
