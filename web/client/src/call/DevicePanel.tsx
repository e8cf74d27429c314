/** Camera and microphone before the talk: asked in our words first, then shown, or done without. */
import { OwnVideo } from "../stage/OwnPicture";
import { t } from "../texts";
import { Banner } from "../ui/Banner";
import { Button, Dots } from "../ui/Button";
import { CameraIcon, CameraOffIcon, MicrophoneIcon, MicrophoneOffIcon, ShieldIcon } from "../ui/icons";
import { Consents } from "./Consents";
import { DeviceChoices, SpeakerTest } from "./DeviceChoices";
import { PermissionHelp } from "./PermissionHelp";
import type { DeviceActions, DevicesView, Purpose } from "./view";

const BOTH = { camera: true, microphone: true };
const SOUND = { camera: false, microphone: true };
const NEITHER = { camera: false, microphone: false };

interface Props {
  devices: DevicesView;
  actions: DeviceActions;
}

export function DevicePanel(props: Props & { given: Record<Purpose, boolean> }) {
  const { devices } = props;
  return (
    <section className="card ready__devices" aria-labelledby="devices-heading">
      <h2 id="devices-heading">{t("ready.devices")}</h2>
      {(devices.noting || devices.asking) && !devices.own ? (
        <Asking noting={devices.noting} />
      ) : devices.problem ? (
        <Problem {...props} />
      ) : devices.undecided ? (
        <Question {...props} />
      ) : devices.own ? (
        <Preview {...props} />
      ) : (
        <Without actions={props.actions} />
      )}
      <Consents given={props.given} withdraw={props.actions.withdraw} />
    </section>
  );
}

function Question({ actions }: Props) {
  return (
    <>
      <p>{t("ready.consent")}</p>
      <p className="ready__promise">
        <ShieldIcon />
        {t("ready.consent.promise")}
      </p>
      <div className="ready__choices">
        <Button look="primary" large icon={CameraIcon} onClick={() => actions.allow(BOTH)}>
          {t("ready.allow.both")}
        </Button>
        <Button icon={MicrophoneIcon} onClick={() => actions.allow(SOUND)}>
          {t("ready.allow.microphone")}
        </Button>
        <Button look="quiet" onClick={() => actions.allow(NEITHER)}>
          {t("ready.allow.neither")}
        </Button>
      </div>
    </>
  );
}

function Asking({ noting }: { noting: boolean }) {
  return (
    <div className="ready__asking" role="status">
      <Dots />
      <p>{t(noting ? "ready.noting" : "ready.asking")}</p>
    </div>
  );
}

function Problem({ devices, actions }: Props) {
  const problem = devices.problem ?? "denied";
  return (
    <>
      <Banner tone="warn" role="alert" title={t(`ready.${problem}`)}>
        {t("ready.problem.anyway")}
      </Banner>
      <PermissionHelp problem={problem} />
      <div className="ready__choices">
        <Button look="primary" onClick={() => actions.allow(BOTH)}>
          {t("ready.retry")}
        </Button>
        <Button icon={MicrophoneIcon} onClick={() => actions.allow(SOUND)}>
          {t("ready.allow.microphone")}
        </Button>
        <Button look="quiet" onClick={() => actions.allow(NEITHER)}>
          {t("ready.allow.neither")}
        </Button>
      </div>
      {devices.background?.choice()}
    </>
  );
}

function Preview({ devices, actions }: Props) {
  const { lacking, lackingProblem } = devices;
  return (
    <>
      {lackingProblem && lackingProblem !== "blur" && (
        <>
          <Banner
            tone="warn"
            role="status"
            title={t(`ready.lacking.${lacking}`)}
            actions={
              <Button onClick={lacking === "camera" ? actions.toggleCamera : actions.toggleMicrophone}>
                {t("ready.retry")}
              </Button>
            }
          />
          <PermissionHelp problem={lackingProblem} />
        </>
      )}
      <div className="preview dark">
        <OwnVideo stream={devices.own} shown={devices.camera} mirrored />
        {!devices.camera && <p className="preview__off">{t("ready.camera.off")}</p>}
        <div className="preview__bar">
          <Button
            icon={devices.microphone ? MicrophoneIcon : MicrophoneOffIcon}
            role="switch"
            aria-checked={devices.microphone}
            onClick={actions.toggleMicrophone}
          >
            {t("talk.microphone")}
            <OnOff on={devices.microphone} />
          </Button>
          <Button
            icon={devices.camera ? CameraIcon : CameraOffIcon}
            role="switch"
            aria-checked={devices.camera}
            onClick={actions.toggleCamera}
          >
            {t("talk.camera")}
            <OnOff on={devices.camera} />
          </Button>
        </div>
      </div>
      <DeviceChoices devices={devices} actions={actions} />
    </>
  );
}

/** The word for the eye; a screen reader has the switch's own state. */
function OnOff({ on }: { on: boolean }) {
  return <span aria-hidden="true">{t(on ? "ui.on" : "ui.off")}</span>;
}

function Without({ actions }: Pick<Props, "actions">) {
  return (
    <>
      <p>{t("ready.without")}</p>
      <SpeakerTest test={actions.testSpeaker} />
      <div className="ready__choices">
        <Button icon={CameraIcon} onClick={() => actions.allow(BOTH)}>
          {t("ready.allow.both")}
        </Button>
        <Button icon={MicrophoneIcon} onClick={() => actions.allow(SOUND)}>
          {t("ready.allow.microphone")}
        </Button>
      </div>
    </>
  );
}
