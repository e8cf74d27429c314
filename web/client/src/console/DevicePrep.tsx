/** Camera and microphone at the start of the shift: our own words first, then the browser's. */
import { useState } from "react";
import { DeviceChoices } from "../call/DeviceChoices";
import { OwnVideo } from "../stage/OwnPicture";
import { t } from "../texts";
import { Banner } from "../ui/Banner";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { CameraIcon, SettingsIcon } from "../ui/icons";
import { Level } from "../ui/Level";
import { Switch } from "../ui/Switch";
import type { Phase, Readiness, ShiftDevices } from "./readiness";

interface Props {
  readonly readiness: Readiness;
  readonly devices: ShiftDevices;
}

export function DevicePrep({ readiness, devices }: Props) {
  const { phase } = readiness;
  return (
    <section className="zone zone--devices" aria-labelledby="zone-devices">
      <h2 id="zone-devices" className="zone__title">
        {t("console.devices.title")}
      </h2>
      {phase === "ready" ? (
        <Ready readiness={readiness} devices={devices} />
      ) : (
        <>
          {isTrouble(phase) ? (
            <Banner tone="warn" role="status">
              {t(`console.devices.${phase}`)}
            </Banner>
          ) : (
            <p className="small soft">{t("console.devices.words")}</p>
          )}
          <Button
            icon={CameraIcon}
            wide
            busy={phase === "asking" ? t("console.devices.asking") : undefined}
            onClick={() => void devices.prepare()}
          >
            {t(isTrouble(phase) ? "console.devices.again" : "console.devices.prepare")}
          </Button>
          {phase === "blur" && readiness.choices.background?.choice()}
        </>
      )}
    </section>
  );
}

function Ready({ readiness, devices }: Props) {
  const [choosing, setChoosing] = useState(false);
  const { stream, camera, microphone } = readiness;
  return (
    <>
      {camera && (
        <div className="preview" role="group" aria-label={t("console.devices.own")}>
          <OwnVideo stream={stream} shown mirrored />
        </div>
      )}
      {microphone && <Level label={t("console.devices.level")} level={devices.level} />}
      <p className="small soft">{t(words(readiness))}</p>
      <div className="preview__foot">
        <Switch on={camera} label={t("console.devices.camera")} onChange={(on) => void devices.setCamera(on)} />
        <Switch
          on={microphone}
          label={t("console.devices.microphone")}
          onChange={(on) => void devices.setMicrophone(on)}
        />
        <Button look="quiet" icon={SettingsIcon} onClick={() => setChoosing(true)}>
          {t("talk.devices")}
        </Button>
      </div>
      {choosing && <DeviceSheet readiness={readiness} devices={devices} onClose={() => setChoosing(false)} />}
    </>
  );
}

/** Which camera, microphone and loudspeaker: the same at the desk and in the talk. */
export function DeviceSheet({ readiness, devices, onClose }: Props & { onClose: () => void }) {
  return (
    <Dialog title={t("talk.devices")} closeLabel={t("ui.close")} onClose={onClose}>
      <DeviceChoices devices={readiness.choices} actions={devices} />
    </Dialog>
  );
}

function isTrouble(phase: Phase): boolean {
  return phase === "denied" || phase === "missing" || phase === "busy" || phase === "blur";
}

function words({ camera, microphone, cameraFails, microphoneFails, choices }: Readiness): string {
  if (choices.background?.state === "failed") return "console.devices.blur";
  if (!camera && cameraFails) return "console.devices.microphone.only";
  if (!microphone && microphoneFails) return "console.devices.camera.only";
  return "console.devices.ready";
}
