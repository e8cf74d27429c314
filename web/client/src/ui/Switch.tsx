/** On or off, taking effect at once. */
export function Switch({ on, onChange, label, disabled }: {
  on: boolean;
  onChange(on: boolean): void;
  label: string;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={on}
      disabled={disabled}
      onClick={() => onChange(!on)}
    >
      <span className="switch__track" aria-hidden="true" />
      {label}
    </button>
  );
}
