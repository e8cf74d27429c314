/** Why a file is not taken, sent or handed out: a code with its words in the catalog, `files.no.<code>`. */
export class FileRefused extends Error {
  override name = "FileRefused";
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: string, facts: Readonly<Record<string, string | number>> = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

export function reasonOf(error: unknown): FileRefused {
  return error instanceof FileRefused ? error : new FileRefused("unknown");
}
