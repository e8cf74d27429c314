/** The receipt on the page after a call: number and code, to print, to copy, to keep as a file. */
import "../styles/receiptCard.css";
import { useEffect, useState } from "react";
import { plural, t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { DownloadIcon } from "../ui/icons";
import { Live } from "../ui/Live";
import { earlier } from "./earlier";
import { claim, type Claimed } from "./receipts";
import { save } from "./transcript";

/** Who claims it: the prospect of this session. */
export interface Claimant {
  readonly session: string;
  /** Proves the seat where there is no cookie. */
  readonly token?: string;
  readonly company: string;
  readonly language: string;
}

export function Receipt({ session, token, company, language }: Claimant) {
  const [claimed, setClaimed] = useState<Claimed | "failed" | null>(null);
  const [said, setSaid] = useState("");
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    void claim(session, token).then((found) => setClaimed(found ?? "failed"));
  }, [session, token, attempt]);
  const again = () => {
    setClaimed(null);
    setAttempt(attempt + 1);
  };
  const page = `/receipt?lang=${language}`;
  const former = earlier();
  const all = (last: Claimed) => [...former, last].map((one) => written(one, company, page)).join("\n");
  return (
    <section className="card slip" aria-labelledby="slip">
      <h2 id="slip">{t("after.receipt")}</h2>
      {claimed === null ? (
        <p role="status">
          <Dots /> {t("after.receipt.wait")}
        </p>
      ) : claimed === "failed" ? (
        <>
          <p role="alert">{t("after.receipt.failed")}</p>
          <Button onClick={again}>{t("after.receipt.again")}</Button>
        </>
      ) : (
        <>
          <p>{t("after.receipt.text")}</p>
          <dl className="slip__facts">
            <Facts of={claimed} testId="receipt" />
          </dl>
          {former.length > 0 && <h3>{plural("after.receipt.earlier", former.length)}</h3>}
          {former.map((one) => (
            <dl key={one.number} className="slip__facts" data-testid="receipt-earlier">
              <Facts of={one} />
            </dl>
          ))}
          <p className="slip__address">{location.host}/receipt</p>
          <div className="slip__acts">
            <Button look="primary" icon={DownloadIcon} onClick={() => save(all(claimed), fileName(claimed))}>
              {t("after.receipt.save")}
            </Button>
            <Button onClick={() => window.print()}>{t("after.receipt.print")}</Button>
            <Button
              onClick={() => {
                void navigator.clipboard?.writeText(all(claimed)).then(() => setSaid(t("after.receipt.copied")));
              }}
            >
              {said || t("after.receipt.copy")}
            </Button>
            <a href={page} target="_blank" rel="noopener noreferrer">
              {t("after.receipt.link")}
            </a>
          </div>
          <Live>{said}</Live>
        </>
      )}
    </section>
  );
}

function Facts({ of, testId }: { of: Claimed; testId?: string }) {
  return (
    <>
      <div>
        <dt>{t("after.receipt.number")}</dt>
        <dd data-testid={testId && `${testId}-number`}>{of.number}</dd>
      </div>
      <div>
        <dt>{t("after.receipt.code")}</dt>
        <dd data-testid={testId && `${testId}-code`}>{of.code}</dd>
      </div>
    </>
  );
}

function written({ number, code }: Claimed, company: string, page: string): string {
  return `${t("after.receipt.file.text", { company, number, code, url: location.origin + page })}\n`;
}

function fileName({ number }: Claimed): string {
  return `${t("after.receipt.file.name")}-${number.replaceAll(" ", "")}.txt`;
}
