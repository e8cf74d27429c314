/** Words for screen readers only, said politely when they change. */
export function Live({ children }: { children: string }) {
  return (
    <p className="visually-hidden" role="status">
      {children}
    </p>
  );
}
