/** What an element of the board may be: an allow-list of types, fields and values, with its limits.
 * Byte-identical with `whiteboard/elements.py`; `tests/vectors/scene.json` is read by both.
 * What comes in was opened, but not written, by somebody we trust: it counts as hostile. */

export type ElementType =
  | "arrow"
  | "diamond"
  | "ellipse"
  | "frame"
  | "freedraw"
  | "image"
  | "line"
  | "rectangle"
  | "text";

/** Cleaned, with its fields in alphabetical order; treated as frozen by everybody. */
export interface Element {
  readonly id: string;
  readonly type: ElementType;
  readonly index: string | null;
  readonly isDeleted: boolean;
  readonly locked: boolean;
  readonly version: number;
  readonly versionNonce: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly [field: string]: unknown;
}

/** Units of the scene; a unit is a CSS pixel at a zoom of 100 %. */
export const MAX_LENGTH = 1_000_000;
export const MAX_POINTS = 2_000;
/** Characters as people count them: an emoji is one. */
export const MAX_TEXT = 10_000;
export const MAX_FONT_SIZE = 10_000;
export const MAX_PAGES = 200;
const MAX_WHOLE = 2 ** 31 - 1;

/** Returns the value in its one form, or undefined if it does not fit. */
type Check = (value: unknown) => unknown;
/** And what stands for it where it is missing; a required field has no such thing. */
type Field = readonly [check: Check, missing?: unknown];
type Fields = Readonly<Record<string, Field>>;
type Rows = readonly (readonly [name: string, field: Field])[];

/** The element with only the fields that we know, in one form; null if it may not be there.
 * A field that is missing gets its default; one that is wrong costs the element.
 * The same element cleaned twice stays as it is. */
export function clean(given: unknown): Element | null {
  if (!isObject(given)) return null;
  const fields = typeof given["type"] === "string" ? FIELDS.get(given["type"]) : undefined;
  if (fields === undefined || !harmless(given["customData"])) return null;
  return (read(fields, given) as Element | undefined) ?? null;
}

/** What this page sends of its own drawing: a link or data that got there by the clipboard goes
 * without a word, where coming from others it would cost the element. */
export function outgoing(given: object): Element | null {
  return clean({ ...given, link: null, customData: null });
}

function read(fields: Rows, given: Record<string, unknown>): object | undefined {
  const taken: Record<string, unknown> = {};
  for (const [name, [check, missing]] of fields) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const cleaned = check(value === undefined ? missing : value);
    if (cleaned === undefined) return undefined;
    taken[name] = cleaned;
  }
  return taken;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What others hang on an element has no meaning here and may be markup (B-106). */
function harmless(data: unknown): boolean {
  return data === undefined || data === null || (isObject(data) && Object.keys(data).length === 0);
}

// ---- checks of single values

/** A finite number between both, rounded half up to 1/steps. */
const number =
  (low: number, high: number, steps: number): Check =>
  (value) => {
    if (typeof value !== "number" || !(low <= value && value <= high)) return undefined;
    const scaled = value * steps;
    const count = Math.floor(scaled);
    return (scaled - count >= 0.5 ? count + 1 : count) / steps + 0; // + 0: there is no -0
  };

const whole = (low: number, high: number): Check => {
  const rounded = number(low, high, 1);
  return (value) => (Number.isInteger(value) ? rounded(value) : undefined);
};

const pattern =
  (form: RegExp): Check =>
  (value) =>
    typeof value === "string" && form.test(value) ? value : undefined;

const word =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string) ? value : undefined;

/** Any text; half of a surrogate pair, which no encoding knows, becomes U+FFFD. */
const text =
  (maxChars: number): Check =>
  (value) => {
    if (typeof value !== "string" || value.length > 2 * maxChars) return undefined;
    if (value.length > maxChars && Array.from(value).length > maxChars) return undefined;
    return value.replace(/\p{Surrogate}/gu, "\ufffd");
  };

const flag: Check = (value) => (typeof value === "boolean" ? value : undefined);

const maybe =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);

const list =
  (check: Check, maxItems: number, minItems = 0): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return undefined;
    const taken = Array.from(value, check);
    return taken.includes(undefined) ? undefined : taken;
  };

const shape = (fields: Fields): Check => {
  const rows = sorted(fields);
  return (value) => (isObject(value) ? read(rows, value) : undefined);
};

/** A key of fractional-indexing: a head that says how long the whole part is, no final zero.
 * Others would make the library throw while it draws. */
const index: Check = (value) => {
  if (typeof value !== "string" || !/^[A-Za-z][0-9A-Za-z]{1,255}$/.test(value)) return undefined;
  const head = value.charCodeAt(0);
  const wholePart = head >= 97 ? head - 97 + 2 : 90 - head + 2;
  if (value.length < wholePart || value.slice(wholePart).endsWith("0")) return undefined;
  return value === `A${"0".repeat(26)}` ? undefined : value;
};

/** Whether a picture has arrived is each browser's own affair, and not part of the scene. */
const saved: Check = (value) => word("pending", "saved", "error")(value) && "saved";

/** Links lead out of the consultation; nobody gets one (B-106). */
const noLink: Check = (value) => (value === null || value === "" ? null : undefined);

function sorted(fields: Fields): Rows {
  return Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
}

const length = number(-MAX_LENGTH, MAX_LENGTH, 100);
const extent = number(0, MAX_LENGTH, 100);
const ratio = number(-MAX_LENGTH, MAX_LENGTH, 10_000);
const id = pattern(/^[A-Za-z0-9_-]{1,64}$/);
const point = list(length, 2, 2);
const points = list(point, MAX_POINTS, 1);
const color = pattern(
  /^(?:#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[A-Za-z]{1,32})$/,
);
const page = /^[0-9a-f]{32}(?:-(?:[1-9][0-9]?|1[0-9]{2}|200))?$/;

const BASE: Fields = {
  /** Radians. */
  angle: [number(-6.2832, 6.2832, 10_000), 0],
  backgroundColor: [color, "transparent"],
  boundElements: [maybe(list(shape({ id: [id], type: [word("arrow", "text")] }), 500)), null],
  fillStyle: [word("cross-hatch", "hachure", "solid", "zigzag"), "solid"],
  frameId: [maybe(id), null],
  groupIds: [list(id, 50), []],
  height: [extent],
  id: [id],
  index: [maybe(index), null],
  isDeleted: [flag, false],
  link: [noLink, null],
  locked: [flag, false],
  /** Percent. */
  opacity: [number(0, 100, 1), 100],
  roughness: [number(0, 3, 100), 0],
  roundness: [maybe(shape({ type: [whole(1, 3)], value: [maybe(extent), null] })), null],
  seed: [whole(0, MAX_WHOLE), 1],
  strokeColor: [color, "#1e1e1e"],
  strokeStyle: [word("dashed", "dotted", "solid"), "solid"],
  strokeWidth: [number(0, 100, 100), 2],
  type: [text(20)], // was looked up already
  version: [whole(1, MAX_WHOLE)],
  versionNonce: [whole(0, MAX_WHOLE)],
  width: [extent],
  x: [length],
  y: [length],
};

const head = maybe(
  word(
    "arrow",
    "bar",
    "circle",
    "circle_outline",
    "crowfoot_many",
    "crowfoot_one",
    "crowfoot_one_or_many",
    "diamond",
    "diamond_outline",
    "dot",
    "triangle",
    "triangle_outline",
  ),
);
const binding = maybe(
  shape({ elementId: [id], fixedPoint: [maybe(list(ratio, 2, 2)), null], focus: [ratio, 0], gap: [length, 0] }),
);
const LINE: Fields = {
  endArrowhead: [head, null],
  endBinding: [binding, null],
  points: [points],
  startArrowhead: [head, null],
  startBinding: [binding, null],
};
const segment = shape({ end: [point], index: [whole(0, MAX_POINTS)], start: [point] });

const OWN: Readonly<Record<ElementType, Fields>> = {
  arrow: {
    ...LINE,
    elbowed: [flag, false],
    endIsSpecial: [maybe(flag), null],
    fixedSegments: [maybe(list(segment, MAX_POINTS)), null],
    startIsSpecial: [maybe(flag), null],
  },
  diamond: {},
  ellipse: {},
  frame: { name: [maybe(text(200)), null] },
  freedraw: {
    points: [points],
    pressures: [list(number(0, 1, 10_000), MAX_POINTS), []],
    simulatePressure: [flag, true],
  },
  image: {
    crop: [
      maybe(
        shape({
          height: [extent],
          naturalHeight: [extent],
          naturalWidth: [extent],
          width: [extent],
          x: [extent],
          y: [extent],
        }),
      ),
      null,
    ],
    fileId: [pattern(page)],
    scale: [list(number(-1, 1, 10_000), 2, 2), [1, 1]],
    status: [saved, "saved"],
  },
  line: LINE,
  rectangle: {},
  text: {
    autoResize: [flag, true],
    containerId: [maybe(id), null],
    fontFamily: [whole(1, 99), 6],
    fontSize: [number(0.1, MAX_FONT_SIZE, 100), 20],
    lineHeight: [number(0.1, 10, 10_000), 1.25],
    originalText: [text(MAX_TEXT), ""],
    text: [text(MAX_TEXT)],
    textAlign: [word("center", "left", "right"), "left"],
    verticalAlign: [word("bottom", "middle", "top"), "top"],
  },
};

const FIELDS: ReadonlyMap<string, Rows> = new Map(
  Object.entries(OWN).map(([type, own]) => [type, sorted({ ...BASE, ...own })]),
);
