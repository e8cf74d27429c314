/** One of a few choices, all visible: a radio group that looks like one switch. */
import { useId, type ReactNode } from "react";

interface Choice<T extends string> {
  value: T;
  label: ReactNode;
}

interface Props<T extends string> {
  legend: string;
  choices: readonly Choice<T>[];
  value: T | null;
  onChange(value: T): void;
  disabled?: boolean;
}

export function Segments<T extends string>({ legend, choices, value, onChange, disabled }: Props<T>) {
  const name = useId();
  return (
    <fieldset className="segments" disabled={disabled}>
      <legend className="visually-hidden">{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="segments__choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
