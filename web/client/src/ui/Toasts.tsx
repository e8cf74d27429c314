/** Short notes that go by themselves. What a person must act on is a Banner, not a toast. */
export interface Note {
  id: number;
  text: string;
}

export function Toasts({ notes }: { notes: readonly Note[] }) {
  return (
    <div className="toasts" role="status">
      {notes.map((note) => (
        <div key={note.id} className="toast">
          {note.text}
        </div>
      ))}
    </div>
  );
}
