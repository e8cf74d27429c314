/** One message: its text with safe links, its time, and how far it came. */
import { memo } from "react";
import { t } from "../texts";
import { AlertIcon, CheckIcon, ChecksIcon, ClockIcon } from "../ui/icons";
import type { ChatLine, Delivery } from "./ChatPane";
import { pieces } from "./links";

const ICONS = {
  sending: ClockIcon,
  sent: CheckIcon,
  received: ChecksIcon,
  seen: ChecksIcon,
  failed: AlertIcon,
} satisfies Record<Delivery, unknown>;

interface Props {
  line: ChatLine;
  /** Said by the same person right after the line before. */
  follows: boolean;
  /** The last of one's own: its state is written out. */
  last: boolean;
  onRetry?: ((id: string) => void) | undefined;
}

/** Lines are made anew with everything that happens; only what looks different is drawn again. */
export const ChatLineView = memo(Line, looksTheSame);

function looksTheSame(before: Props, after: Props): boolean {
  const [one, other] = [before.line, after.line];
  return (
    before.follows === after.follows &&
    before.last === after.last &&
    (other.delivery !== "failed" || before.onRetry === after.onRetry) &&
    (Object.keys(other) as (keyof ChatLine)[]).every((part) => one[part] === other[part])
  );
}

function Line({ line, follows, last, onRetry }: Props) {
  const Icon = ICONS[line.delivery];
  const state = t(`chat.${line.delivery}`);
  return (
    <li
      className={`line ${line.own ? "line--own" : "line--theirs"}${follows ? " line--follows" : ""}`}
      data-delivery={line.own ? line.delivery : undefined}
    >
      <span className={line.own || follows ? "visually-hidden" : "line__author"}>
        {line.own ? t("chat.you") : line.author}
        <span className="visually-hidden">: </span>
      </span>
      <p className="line__text" dir="auto">
        {pieces(line.text).map((piece, index) =>
          piece.href ? (
            // The pieces of a text never change places.
            // oxlint-disable-next-line react/no-array-index-key
            <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
              {piece.text}
            </a>
          ) : (
            piece.text
          ),
        )}
      </p>
      <p className="line__foot">
        {line.at !== null && <time dateTime={new Date(line.at).toISOString()}>{timeOfDay(line.at)}</time>}
        {line.own && (
          <span className="line__state" title={state}>
            <Icon />
            <span className={last || line.delivery === "failed" ? undefined : "visually-hidden"}>{state}</span>
          </span>
        )}
        {line.delivery === "failed" && onRetry && (
          <button type="button" className="line__retry" onClick={() => onRetry(line.id)}>
            {t("chat.retry")}
          </button>
        )}
      </p>
    </li>
  );
}

/** Making one takes far longer than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function timeOfDay(at: number): string {
  const language = document.documentElement.lang || "de";
  const clock = clocks.get(language) ?? new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  clocks.set(language, clock);
  return clock.format(at);
}
