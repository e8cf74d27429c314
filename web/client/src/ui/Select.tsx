/** A native list of choices with our look; the phone shows its own wheel. */
import { useId } from "react";
import { DownIcon } from "./icons";

interface Props {
  label: string;
  value: string;
  choices: readonly { value: string; label: string }[];
  onChange(value: string): void;
}

export function Select({ label, value, choices, onChange }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="select-box">
        <select id={id} className="select" value={value} onChange={(event) => onChange(event.target.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
        <DownIcon />
      </span>
    </div>
  );
}
