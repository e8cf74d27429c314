/** The connection as bars and a word: colour never speaks alone. */
export type Word = "good" | "fair" | "poor" | "none";

export function Light({ word, children }: { word: Word; children: string }) {
  return (
    <span className={`light light--${word}`}>
      <span className="light__lamps" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span>{children}</span>
    </span>
  );
}
