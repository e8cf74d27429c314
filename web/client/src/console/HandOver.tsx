/** Whom the prospect goes on to, asked in the talk: a colleague, whoever is free first, or the waiting room. */
import { type ReactNode, useEffect, useId, useState } from "react";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Select } from "../ui/Select";
import { backReasons } from "./handed";
import { type Colleague, noteMaxChars, type Wanted } from "./handover";
import { Refusal } from "./http";

type Back = (typeof backReasons)[number];

interface Props {
  readonly name: string;
  readonly topics: readonly { readonly code: string; readonly name: string }[];
  readonly colleagues: () => Promise<Colleague[]>;
  readonly give: (wanted: Wanted) => Promise<void>;
  readonly onClose: () => void;
}

export function HandOver({ name, topics, colleagues, give, onClose }: Props) {
  const [free, setFree] = useState<readonly Colleague[] | null>(null);
  const [whom, setWhom] = useState("next");
  const [reason, setReason] = useState<Back>("clarify");
  const [topic, setTopic] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const group = useId();
  const noteId = useId();
  useEffect(() => {
    let over = false;
    void colleagues().then(
      (found) => over || setFree(found),
      () => over || setFree([]),
    );
    return () => void (over = true);
    // Asked once as it opens, and again after a refusal.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [failed]);
  const back = whom === "back";
  const to = free?.find((one) => one.account === whom) ?? null;
  const go = () => {
    setBusy(true);
    setFailed("");
    give({ to, reason: back ? reason : "handed", topic: back || topic === "" ? null : topic, note }).catch((error: unknown) => {
      setBusy(false);
      setWhom("next");
      setFailed((error instanceof Refusal && error.message) || t("console.handover.failed"));
    });
  };
  const choice = (value: string, title: ReactNode, text: string) => (
    <Choice key={value} group={group} value={value} chosen={whom} onChoose={setWhom} title={title} text={text} />
  );
  return (
    <Dialog
      title={t("console.handover.title")}
      closeLabel={t("ui.close")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("console.handover.stay")}</Button>
          <Button look="primary" busy={busy && t("console.handover.busy")} onClick={go}>
            {t(back ? "console.handover.confirm.back" : "console.handover.confirm")}
          </Button>
        </>
      }
    >
      {failed && (
        <p role="alert" className="handover__failed">
          {failed}
        </p>
      )}
      <p className="soft">{t("console.handover.keeps", { name })}</p>
      <fieldset className="handover__whom">
        <legend>{t("console.handover.whom", { name })}</legend>
        {free === null ? (
          <p role="status" className="soft">
            <Dots /> {t("console.handover.loading")}
          </p>
        ) : (
          <>
            {free.map((one) => choice(one.account, <Named one={one} />, t("console.handover.to.text")))}
            {free.length === 0 && <p className="soft small">{t("console.handover.nobody")}</p>}
          </>
        )}
        {choice("next", t("console.handover.next"), t("console.handover.next.text"))}
        {choice("back", t("console.handover.back"), t("console.handover.back.text"))}
      </fieldset>
      {back && (
        <Select
          label={t("console.handover.why", { name })}
          value={reason}
          choices={backReasons.map((one) => ({ value: one, label: t(`console.handover.why.${one}`) }))}
          onChange={(chosen) => setReason(backReasons.find((one) => one === chosen) ?? "clarify")}
        />
      )}
      {!back && topics.length > 0 && (
        <Select
          label={t("console.handover.topic")}
          value={topic}
          choices={[
            { value: "", label: t("console.handover.topic.same") },
            ...topics.map((one) => ({ value: one.code, label: one.name })),
          ]}
          onChange={setTopic}
        />
      )}
      <div className="field">
        <label htmlFor={noteId}>{t(back ? "console.handover.note.back" : "console.handover.note")}</label>
        <textarea
          id={noteId}
          className="input handover__note"
          rows={3}
          maxLength={noteMaxChars}
          value={note}
          aria-describedby={`${noteId}-hint`}
          onChange={(event) => setNote(event.target.value)}
        />
        <p id={`${noteId}-hint`} className="small soft">
          {t("console.handover.note.hint", { name })}
        </p>
      </div>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly group: string;
  readonly value: string;
  readonly chosen: string;
  readonly onChoose: (value: string) => void;
  readonly title: ReactNode;
  readonly text: string;
}

function Choice({ group, value, chosen, onChoose, title, text }: ChoiceProps) {
  return (
    <label className="handover__choice">
      <input type="radio" name={group} checked={chosen === value} onChange={() => onChoose(value)} />
      <strong>{title}</strong>
      {chosen === value && <span className="small soft">{text}</span>}
    </label>
  );
}

function Named({ one }: { one: Colleague }) {
  return (
    <>
      <bdi>{one.name}</bdi>
      {one.title && <span className="soft handover__title">{one.title}</span>}
    </>
  );
}
