/** How soon someone will answer, in one honest sentence; the server's pages say it the same way. */
import { plural, t } from "../texts";

export interface DeskState {
  open: boolean;
  free: number;
  waiting: number;
  expected_s: number | null;
}

export function deskLine(desk: DeskState): string {
  if (!desk.open) return t("start.desk.closed");
  if (isFree(desk)) return plural("start.desk.free", desk.free);
  if (desk.expected_s === null) return t("start.desk.busy");
  return plural("start.desk.wait", Math.max(1, Math.ceil(desk.expected_s / 60)));
}

export function isFree(desk: DeskState): boolean {
  return desk.open && desk.free > desk.waiting;
}
