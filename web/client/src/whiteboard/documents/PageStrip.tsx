/** All pages small: where one is, and the way to any of them. Arrow keys move along it. */
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { t } from "../../texts";
import { IconButton } from "../../ui/Button";
import type { Deck } from "./deck";
import type { Documents, Thumb } from "./documents";
import { AwayIcon } from "./icons";
import type { Laid, Page } from "./pages";

const THUMB_PX = 104;

interface Props {
  deck: Deck;
  mayLay: boolean;
  onClose(): void;
}

export function PageStrip({ deck, mayLay, onClose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const { current, documents } = deck.state;
  useWantedThumbs(deck.documents, list, documents);
  const chosen = current?.id ?? documents[0]?.pages[0]?.id;
  useEffect(() => {
    list.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  return (
    <nav className="strip" aria-label={t("board.document.strip")}>
      <div className="strip__list" ref={list}>
        {documents.map((laid) => (
          <section key={laid.file} className="strip__document" aria-label={laid.name}>
            <header>
              <h2 title={laid.name}>{laid.name}</h2>
              {mayLay && (
                <IconButton icon={AwayIcon} label={t("board.document.take", { name: laid.name })} onClick={() => deck.take(laid.file)} />
              )}
            </header>
            {laid.pages.map((page) => (
              <button
                key={page.id}
                type="button"
                className="strip__page"
                data-key={page.key}
                aria-current={page.id === current?.id ? "page" : undefined}
                aria-label={t("board.document.page", { page: page.number })}
                tabIndex={page.id === chosen ? 0 : -1}
                onClick={() => deck.turnTo(page)}
                onKeyDown={(event) => walk(event, onClose)}
              >
                <Small documents={deck.documents} page={page} />
                <span aria-hidden="true">{page.number}</span>
              </button>
            ))}
          </section>
        ))}
      </div>
    </nav>
  );
}

/** The picture, as soon as it is drawn; a sheet until then. */
function Small({ documents, page }: { documents: Documents; page: Page }) {
  const canvas = documents.thumb(page.key);
  const width = THUMB_PX;
  const height = Math.min(220, Math.max(24, Math.round((THUMB_PX * page.height) / page.width)));
  const paint = (target: HTMLCanvasElement | null) => {
    if (target === null || canvas === null || target.dataset["drawn"] === "true") return;
    [target.width, target.height] = [canvas.width, canvas.height];
    target.getContext("2d")?.drawImage(canvas, 0, 0);
    target.dataset["drawn"] = "true";
  };
  return <canvas key={String(canvas !== null)} ref={paint} className="strip__sheet" width={width} height={height} aria-hidden="true" />;
}

/** Only what is in sight of the strip is drawn. */
function useWantedThumbs(documents: Documents, list: React.RefObject<HTMLElement | null>, laid: readonly Laid[]): void {
  const [seen] = useState(() => new Set<string>());
  const count = laid.reduce((sum, { pages }) => sum + pages.length, 0);
  useEffect(() => {
    const root = list.current;
    if (root === null) return;
    const width = Math.round(THUMB_PX * Math.min(2, devicePixelRatio));
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const key = (target as HTMLElement).dataset["key"] ?? "";
          if (isIntersecting) seen.add(key);
          else seen.delete(key);
        }
        documents.want([...seen].map((key): Thumb => ({ file: key.slice(0, 32), number: Number(key.slice(33)), width })));
      },
      { root, rootMargin: "200px" },
    );
    for (const page of root.querySelectorAll(".strip__page")) observer.observe(page);
    return () => {
      observer.disconnect();
      seen.clear();
      documents.want([]);
    };
  }, [documents, list, count, seen]);
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function walk(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  if (event.key === "Escape") return close();
  const stops = [...(event.currentTarget.closest(".strip")?.querySelectorAll<HTMLElement>(".strip__page") ?? [])];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const step = STEPS[event.key];
  const to = step !== undefined ? Math.max(0, at + step) : event.key === "Home" ? 0 : event.key === "End" ? stops.length - 1 : null;
  if (at < 0 || to === null) return;
  event.preventDefault();
  stops[Math.min(stops.length - 1, to)]?.focus();
}
