/** The switch for a blurred background, with what it does now in words. */
import { t } from "../texts";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Switch } from "../ui/Switch";
import type { Background } from "./background";

interface Props {
  state: Background["state"];
  set(on: boolean): void;
}

export function BackgroundChoice({ state, set }: Props) {
  return (
    <div className="devices__background">
      <Switch on={state !== "off"} label={t("ready.device.blur")} onChange={set} />
      <div role="status">
        {state === "failed" ? (
          <Banner
            tone="warn"
            title={t("ready.device.blur.failed")}
            actions={<Button onClick={() => set(true)}>{t("ready.device.blur.again")}</Button>}
          >
            {t("ready.device.blur.failed.text")}
          </Banner>
        ) : (
          <p className="small soft">{t(`ready.device.blur.${state}`)}</p>
        )}
      </div>
    </div>
  );
}
