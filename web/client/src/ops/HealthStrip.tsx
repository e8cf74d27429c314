/** Waiting, advisors, and each part of the platform: well, or what to do about it. */
import { clock } from "../stage/clock";
import { plural, t } from "../texts";
import { AlertIcon, CheckIcon } from "../ui/icons";
import type { Board, Check, Health, Node } from "./board";

export function Figures({ board }: { board: Board }) {
  const live = board.rows.filter((row) => row.state === "active").length;
  const figures = [
    { key: "talks", value: String(live), note: plural("ops.figure.talks.note", live) },
    {
      key: "waiting",
      value: String(board.waiting.count),
      note:
        board.waiting.count === 0
          ? t("ops.figure.waiting.none")
          : t("ops.figure.waiting.note", { longest: clock(board.waiting.longestS * 1000) }),
    },
    {
      key: "expected",
      value: board.waiting.expectedS === null ? "–" : clock(board.waiting.expectedS * 1000),
      note: t(board.waiting.expectedS === null ? "ops.figure.expected.unknown" : "ops.figure.expected.note"),
    },
    {
      key: "advisors",
      value: String(board.advisors.free),
      note: t("ops.figure.advisors.note", { busy: board.advisors.busy, away: board.advisors.away }),
    },
  ];
  return (
    <dl className="figures">
      {figures.map((figure) => (
        <div key={figure.key} className="figures__one">
          <dt>{t(`ops.figure.${figure.key}`)}</dt>
          <dd>
            <span className="figures__value numeric">{figure.value}</span>
            <span className="figures__note small soft numeric">{figure.note}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function HealthStrip({ health, nowMs }: { health: Health; nowMs: number }) {
  return (
    <ul className="checks">
      {health.checks.map((check) => (
        <CheckItem key={check.name} check={check} />
      ))}
      {health.nodes.map((node) => (
        <NodeItem key={node.node} node={node} nowMs={nowMs} />
      ))}
    </ul>
  );
}

const known = new Set(["database", "bus", "keys", "disk", "blobs", "turn"]);

function CheckItem({ check }: { check: Check }) {
  const well = check.light === "good";
  const name = known.has(check.name) ? t(`ops.check.${check.name}`) : check.name;
  const fix = known.has(check.name) ? t(`ops.check.${check.name}.fix`) : t("ops.check.other.fix");
  return (
    <li className={`check check--${check.light}`}>
      {well ? <CheckIcon /> : <AlertIcon />}
      <div>
        <p className="check__name">{name}</p>
        <p className="small soft numeric">{well ? measured(check) : fix}</p>
      </div>
    </li>
  );
}

function measured(check: Check): string {
  if (check.freeMb !== null) return t("ops.check.free", { gb: gigabytes(check.freeMb) });
  if (check.latencyMs !== null) return t("ops.check.latency", { ms: Math.max(1, Math.round(check.latencyMs)) });
  return t("ops.check.well");
}

function gigabytes(megabytes: number): string {
  return (megabytes / 1024).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}

/** A node says that it lives every few seconds; one that has not for this long is gone. */
const silentMs = 20_000;

function NodeItem({ node, nowMs }: { node: Node; nowMs: number }) {
  const silent = node.seenMs !== null && nowMs - node.seenMs > silentMs;
  return (
    <li className={`check check--${silent ? "bad" : "good"}`}>
      {silent ? <AlertIcon /> : <CheckIcon />}
      <div>
        <p className="check__name">{t("ops.node", { node: node.node })}</p>
        <p className="small soft numeric">
          {silent ? t("ops.node.silent") : plural("ops.node.connections", node.connections ?? 0)}
          {!silent && node.startedMs !== null && ` · ${upFor(nowMs - node.startedMs)}`}
        </p>
      </div>
    </li>
  );
}

const hourMs = 3_600_000;

function upFor(ms: number): string {
  if (ms < hourMs) return plural("ops.node.up.minutes", Math.max(1, Math.floor(ms / 60_000)));
  if (ms < 48 * hourMs) return plural("ops.node.up.hours", Math.floor(ms / hourMs));
  return plural("ops.node.up.days", Math.floor(ms / (24 * hourMs)));
}
