/** Who one is, before one knocks: two names, what is told to whom, one button. */
import { type FormEvent, useRef, useState } from "react";
import { t } from "../texts";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { ShieldIcon } from "../ui/icons";
import { type Fault, missing, type Names } from "./knock";
import type { Visit, VisitView } from "./visit";

const FIELDS = ["first_name", "last_name"] as const;
const COMPLETES = { first_name: "given-name", last_name: "family-name" } as const;
const CHARACTER_OF_NAME = 240;

export function KnockForm({ visit, view }: { visit: Visit; view: VisitView }) {
  const form = useRef<HTMLFormElement>(null);
  const [names, setNames] = useState<Names>({ first_name: "", last_name: "" });
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [busy, setBusy] = useState(false);
  const complain = (found: readonly Fault[]) => {
    setFaults(found);
    const field = found.find((one) => one.field !== null)?.field;
    if (field) form.current?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const empty = missing(names);
    if (empty.length > 0) {
      return complain(empty.map((field) => ({ code: "name.required", field, text: t(`visit.missing.${field}`) })));
    }
    setBusy(true);
    setFaults([]);
    const fault = await visit.knock(names);
    setBusy(false);
    if (fault !== null) complain([fault]);
  };
  const whole = faults.find((one) => one.field === null);
  return (
    <div className="visit">
      <form ref={form} className="card card--raised visit__form" noValidate onSubmit={(event) => void submit(event)}>
        <h1 tabIndex={-1}>{t("visit.heading")}</h1>
        <p className="lead">{t("visit.lead", { company: view.company })}</p>
        <div className="visit__names">
          {FIELDS.map((field) => {
            const fault = faults.find((one) => one.field === field);
            return (
              <div key={field} className="field">
                <label htmlFor={field}>{t(`visit.${field}`)}</label>
                <input
                  id={field}
                  name={field}
                  className="input"
                  type="text"
                  autoComplete={COMPLETES[field]}
                  autoCapitalize="words"
                  spellCheck={false}
                  required
                  maxLength={CHARACTER_OF_NAME}
                  value={names[field]}
                  aria-invalid={fault ? true : undefined}
                  aria-describedby={`${field}-error`}
                  onChange={(event) => {
                    setNames({ ...names, [field]: event.target.value });
                    setFaults(faults.filter((one) => one.field !== field));
                  }}
                />
                <p className="field__error" id={`${field}-error`}>
                  {fault?.text}
                </p>
              </div>
            );
          })}
        </div>
        {whole && (
          <Banner tone="bad" role="alert">
            {whole.text || t(whole.code === "offline" ? "visit.offline" : "error.bug")}
          </Banner>
        )}
        <div className="visit__told">
          <ShieldIcon />
          <ul>
            {["who", "past", "recorded"].map((what) => (
              <li key={what}>{t(`visit.told.${what}`)}</li>
            ))}
          </ul>
        </div>
        <Button type="submit" look="primary" large wide busy={busy && t("visit.knocking")}>
          {t("visit.knock")}
        </Button>
        <p className="small soft">
          {t("visit.privacy")}{" "}
          <a href={`/privacy?lang=${view.language}`} target="_blank" rel="noopener noreferrer">
            {t("after.stored.link")}
          </a>
        </p>
      </form>
    </div>
  );
}
