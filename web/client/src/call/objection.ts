/** Whether this browser may be counted. An objection is one entry in its own storage, and nothing
    of it is kept elsewhere. Where there is no storage nobody could object: nobody is counted. */
const ENTRY = "visavis-not-counted";

/** The header by which the server hears that nobody objected here; else nothing. */
export function mayCount(): Record<string, string> {
  return objects() === false ? { "May-Count": "yes" } : {};
}

/** Null where the browser keeps nothing. */
export function objects(): boolean | null {
  try {
    return localStorage.getItem(ENTRY) !== null;
  } catch {
    return null;
  }
}

/** Objects, or takes that back. A call that is going on stays out of the count either way. */
export async function object(on: boolean): Promise<void> {
  try {
    if (on) localStorage.setItem(ENTRY, "1");
    else localStorage.removeItem(ENTRY);
  } catch {
    return;
  }
  if (on) await post("/api/objection");
}

/** One visit more, unless that is objected to. Nobody waits for it. */
export async function countVisit(): Promise<void> {
  const said = mayCount();
  if ("May-Count" in said) await post("/api/visits", said);
}

async function post(path: string, headers: Record<string, string> = {}): Promise<void> {
  await fetch(path, { method: "POST", headers, keepalive: true }).catch(() => undefined);
}
