/** Where each part of a recording belongs on one time line, and where it is at a moment. Pure. */

export interface Lane {
  readonly id: string;
  /** Whose, by place among the people. */
  readonly person: number;
  /** Milliseconds on the common time line; how long it is. */
  readonly from: number;
  readonly ms: number;
}

/** What the page handed over, read defensively. */
export function readLanes(text: string | undefined): Lane[] {
  try {
    const said: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(said)) return [];
    return said.filter(
      (one: Partial<Lane> | null): one is Lane =>
        typeof one?.id === "string" && [one.person, one.from, one.ms].every((number) => Number.isFinite(number)),
    );
  } catch {
    return [];
  }
}

export function lengthOf(lanes: readonly Lane[]): number {
  return Math.max(0, ...lanes.map(({ from, ms }) => from + ms));
}

/** Where in this part that moment is, in milliseconds; null: it is not in it. */
export function within({ from, ms }: Lane, at: number): number | null {
  return at >= from && at < from + ms ? at - from : null;
}

/** Minutes and seconds, as on a clock. */
export function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
