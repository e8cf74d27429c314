/** Makes a file ready to be shared: is it one that we take, is it called what it is, and what does it
 * tell that its owner may not want to tell. It does not know how it is sealed or sent. */
import type { Bytes } from "../sessions/envelope";
import { bare, type PictureType } from "./metadata";
import { cleanName, withExtension } from "./names";
import { FileRefused } from "./refused";
import { type FileType, sniffNamed, TYPES } from "./sniff";

/** A picture is taken apart in memory; what may be sent at all, the server says. */
const MOST_PICTURE_BYTES = 100 << 20;

export interface Prepared {
  readonly name: string;
  readonly type: FileType;
  readonly clear: Blob;
  readonly width?: number;
  readonly height?: number;
}

export interface Wishes {
  /** Leave in a picture where and when it was taken, and with what. */
  readonly keep?: boolean;
  /** What to call that which has no name. */
  readonly unnamed?: string;
}

/** Throws `FileRefused`. */
export async function prepare(file: File, { keep = false, unnamed }: Wishes = {}): Promise<Prepared> {
  const given = cleanName(file.name, unnamed);
  const type = await readable(() => sniffNamed(file, given));
  const name = withExtension(given, TYPES[type]);
  if (!isPicture(type)) return { name, type, clear: file };
  if (file.size > MOST_PICTURE_BYTES) throw new FileRefused("large", { megabytes: MOST_PICTURE_BYTES >> 20 });
  const bytes = await readable(async (): Promise<Bytes> => new Uint8Array(await file.arrayBuffer()));
  const { bytes: less, width, height } = bare(bytes, type);
  return { name, type, clear: new Blob([keep ? bytes : less], { type }), width, height };
}

export function isPicture(type: string): type is PictureType {
  return type === "image/jpeg" || type === "image/png" || type === "image/webp";
}

/** A file may go away, or change, between being chosen and being read; a folder cannot be read at all. */
async function readable<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof DOMException ? new FileRefused("unreadable") : error;
  }
}
