/** Every live session as one row that stays where it is while its numbers change. */
import { Fragment, type ReactNode } from "react";
import { clock } from "../stage/clock";
import { t } from "../texts";
import { Light } from "../ui/Light";
import { type Guest, type Quality as Numbers, reason, type Row, sparkline, suffers } from "./board";

interface Props {
  readonly rows: readonly Row[];
  /** The server's clock. */
  readonly nowMs: number;
}

export function SessionTable({ rows, nowMs }: Props) {
  return (
    <table className="sessions">
      <caption className="visually-hidden">{t("ops.sessions.caption")}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {t(`ops.column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Fragment key={row.session}>
            <SessionRow row={row} nowMs={nowMs} />
            {row.state === "active" && row.guests.map((guest) => <GuestRow key={guest.participant} guest={guest} />)}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

const columns = ["number", "state", "since", "people", "path", "quality", "cause", "node"] as const;
const spark = { width: 96, height: 24 };

function SessionRow({ row, nowMs }: { row: Row; nowMs: number }) {
  const talking = row.state === "active";
  const known = talking || row.checked;
  return (
    <tr className={suffers(row) ? "sessions__row sessions__row--suffers" : `sessions__row sessions__row--${row.state}`}>
      <th scope="row" className="sessions__number numeric">
        {row.number}
      </th>
      <Cell name="state">
        <span className={`badge badge--${tone[row.state]}`}>{t(`ops.state.${row.state}`)}</span>
      </Cell>
      <Cell name="since">{clock(nowMs - row.sinceMs)}</Cell>
      <Cell name="people">{t("ops.people", { present: row.present, seats: row.participants })}</Cell>
      <Cell name="path">{(known || row.path !== "none") && t(`ops.path.${row.path}`)}</Cell>
      <Cell name="quality">{known && <Quality row={row} />}</Cell>
      <Cell name="cause">{known && t(`ops.cause.${reason(row)}`)}</Cell>
      <Cell name="node">{row.node}</Cell>
    </tr>
  );
}

/** A guest has connections of their own, so they stand below the talk of the two. */
function GuestRow({ guest }: { guest: Guest }) {
  const { present } = guest;
  return (
    <tr className="sessions__row">
      <th scope="row" colSpan={3} className="sessions__guest">
        {t(`ops.seat.${guest.seat}`)}
      </th>
      <Cell name="people">{t(present ? "ops.guest.there" : "ops.guest.away")}</Cell>
      <Cell name="path">{present && t(`ops.path.${guest.path}`)}</Cell>
      <Cell name="quality">{present && <Quality row={guest} />}</Cell>
      <Cell name="cause">{present && t(`ops.cause.${guest.cause}`)}</Cell>
      <Cell name="node">{guest.node}</Cell>
    </tr>
  );
}

/** On a narrow screen the column's word stands in the cell, and empty cells are left out. */
function Cell({ name, children }: { name: (typeof columns)[number]; children: ReactNode }) {
  const empty = children === false || children === "";
  return (
    <td data-label={t(`ops.column.${name}`)} className={`numeric sessions__cell${empty ? " sessions__cell--empty" : ""}`}>
      {empty ? "–" : children}
    </td>
  );
}

const tone = { waiting: "warn", active: "good", ended: "none" } as const;

function Quality({ row }: { row: Numbers }) {
  const numbers = [
    row.rttMs === null ? null : t("ops.rtt", { ms: Math.round(row.rttMs) }),
    row.lossPct === null ? null : t("ops.loss", { pct: percent(row.lossPct) }),
  ].filter((part) => part !== null);
  return (
    <div className="quality">
      <Light word={row.word}>{t(`ops.quality.${row.word}`)}</Light>
      <span className="quality__score numeric">{row.score === null ? "" : Math.round(row.score)}</span>
      <svg
        className={`spark spark--${row.word}`}
        viewBox={`0 -2 ${spark.width} ${spark.height + 4}`}
        width={spark.width}
        height={spark.height + 4}
        aria-hidden="true"
        focusable="false"
      >
        <path d={`M0 ${spark.height}H${spark.width}`} className="spark__ground" />
        <path d={sparkline(row.history, spark.width, spark.height)} className="spark__line" />
      </svg>
      {numbers.length > 0 && <span className="quality__numbers small soft numeric">{numbers.join(" · ")}</span>}
    </div>
  );
}

function percent(value: number): string {
  return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}
