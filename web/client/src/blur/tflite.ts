/** Reads a TensorFlow Lite model file: which operations it has, on which tensors. The format is a
 * FlatBuffer (schema_v3.fbs of TensorFlow). It computes nothing. */

export interface Tensor {
  /** Batch (always 1), height, width, channels; a weight has its own order. */
  readonly shape: readonly number[];
  readonly half: boolean;
  /** Constants only. */
  readonly data: Uint8Array<ArrayBuffer> | null;
}

export interface Operation {
  /** BuiltinOperator of the schema; 32 is one that only has a name. */
  readonly code: number;
  readonly name: string;
  readonly inputs: readonly number[];
  readonly output: number;
  /** A field of its options, one byte or four; 0 where it is left out. */
  byte(field: number): number;
  int(field: number): number;
}

export interface Model {
  readonly tensors: readonly Tensor[];
  readonly operations: readonly Operation[];
  readonly input: number;
  readonly output: number;
}

const FLOAT16 = 1;

/** In a FlatBuffer's fifth to eighth byte. */
const KIND = "TFL3";

/** Throws `RangeError` for a file that is cut off, or of something else. */
export function readModel(file: ArrayBuffer): Model {
  if (new TextDecoder().decode(file.slice(4, 8)) !== KIND) throw new RangeError("not a model");
  const reader = new Reader(file);
  const model = reader.follow(0);
  const buffers = reader.tables(model, 4);
  const codes = reader.tables(model, 1).map((one) => ({
    code: Math.max(reader.byte(one, 0), reader.int(one, 3)),
    name: reader.text(one, 1),
  }));
  const graph = reader.tables(model, 2)[0] ?? 0;
  const tensors = reader.tables(graph, 0).map((one) => {
    const data = reader.bytes(buffers[reader.int(one, 2)] ?? 0, 0);
    return { shape: reader.ints(one, 0), half: reader.byte(one, 1) === FLOAT16, data: data.length > 0 ? data : null };
  });
  const operations = reader.tables(graph, 3).map((one): Operation => {
    const options = reader.table(one, 4);
    const { code, name } = codes[reader.int(one, 0)] ?? { code: -1, name: "" };
    return {
      code,
      name,
      inputs: reader.ints(one, 1),
      output: reader.ints(one, 2)[0] ?? -1,
      byte: (field) => reader.byte(options, field),
      int: (field) => reader.int(options, field),
    };
  });
  return { tensors, operations, input: reader.ints(graph, 1)[0] ?? 0, output: reader.ints(graph, 2)[0] ?? 0 };
}

/** Tables are told by where they begin; 0 is one that is not there. */
class Reader {
  readonly #file: ArrayBuffer;
  readonly #view: DataView;

  constructor(file: ArrayBuffer) {
    this.#file = file;
    this.#view = new DataView(file);
  }

  follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  table(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === 0 ? 0 : this.follow(at);
  }

  byte(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === 0 ? 0 : this.#view.getInt8(at);
  }

  int(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === 0 ? 0 : this.#view.getInt32(at, true);
  }

  ints(table: number, field: number): number[] {
    const [at, count] = this.#vector(table, field);
    return Array.from({ length: count }, (_, index) => this.#view.getInt32(at + 4 * index, true));
  }

  tables(table: number, field: number): number[] {
    const [at, count] = this.#vector(table, field);
    return Array.from({ length: count }, (_, index) => this.follow(at + 4 * index));
  }

  bytes(table: number, field: number): Uint8Array<ArrayBuffer> {
    const [at, count] = this.#vector(table, field);
    return new Uint8Array(this.#file, at, count);
  }

  text(table: number, field: number): string {
    return new TextDecoder().decode(this.bytes(table, field));
  }

  #vector(table: number, field: number): [at: number, count: number] {
    const start = this.table(table, field);
    return start === 0 ? [0, 0] : [start + 4, this.#view.getUint32(start, true)];
  }

  #field(table: number, field: number): number {
    if (table === 0) return 0;
    const fields = table - this.#view.getInt32(table, true);
    const slot = 4 + 2 * field;
    const offset = slot < this.#view.getUint16(fields, true) ? this.#view.getUint16(fields + slot, true) : 0;
    return offset === 0 ? 0 : table + offset;
  }
}
