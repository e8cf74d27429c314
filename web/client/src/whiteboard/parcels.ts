/** Packs elements into bodies that their kind can carry. Knows sizes, nothing of what is drawn. */
import { textOf, type Element } from "./scene";

/** JSON in UTF-8, so that the padded, sealed envelope stays within the kind's bound. */
export const CHANGE_BYTES = 42_000;
export const STROKE_BYTES = 7_600;
const AROUND = 20; // {"elements":[...]}

const encoder = new TextEncoder();

export function bytesOf(value: object): number {
  return encoder.encode(JSON.stringify(value)).length;
}

export interface Parcel {
  readonly elements: readonly Element[];
  /** Alone larger than a whole event may be. */
  readonly tooLarge: readonly Element[];
}

/** As many of these, from the first on, as fit into one event; the rest is for the next one. */
export function parcel(elements: Iterable<Element>, maxBytes = CHANGE_BYTES): Parcel {
  const [taken, tooLarge]: [Element[], Element[]] = [[], []];
  let bytes = AROUND;
  for (const element of elements) {
    const size = encoder.encode(textOf(element)).length + 1;
    if (size + AROUND > maxBytes) tooLarge.push(element);
    else if (bytes + size > maxBytes) break;
    else {
      taken.push(element);
      bytes += size;
    }
  }
  return { elements: taken, tooLarge };
}
