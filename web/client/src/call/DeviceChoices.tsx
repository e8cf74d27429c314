/** Which camera, microphone and loudspeaker to use, with the microphone's level and a test tone. */
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Level } from "../ui/Level";
import { Select } from "../ui/Select";
import { SpeakerIcon } from "../ui/icons";
import type { CallActions, DeviceName, DevicesView } from "./view";

const NAMES: readonly DeviceName[] = ["camera", "microphone", "speaker"];

interface Props {
  devices: Pick<DevicesView, "choices" | "chosen" | "microphone" | "background">;
  actions: Pick<CallActions, "choose" | "level" | "testSpeaker">;
}

export function DeviceChoices({ devices, actions }: Props) {
  return (
    <div className="devices">
      {NAMES.filter((name) => devices.choices[name].length > 0).map((name) => (
        <div key={name} className="devices__one">
          <Select
            label={t(`ready.device.${name}`)}
            value={devices.chosen[name]}
            choices={devices.choices[name].map(({ id, label }) => ({ value: id, label }))}
            onChange={(id) => actions.choose(name, id)}
          />
          {name === "camera" && devices.background?.choice()}
          {name === "microphone" && devices.microphone && <MicrophoneLevel level={actions.level} />}
          {name === "speaker" && <SpeakerTest test={actions.testSpeaker} />}
        </div>
      ))}
      {devices.choices.speaker.length === 0 && <SpeakerTest test={actions.testSpeaker} />}
    </div>
  );
}

export function MicrophoneLevel({ level }: { level(): number }) {
  return (
    <div className="devices__level">
      <Level label={t("ready.level")} level={level} />
      <p className="small soft">{t("ready.level.hint")}</p>
    </div>
  );
}

export function SpeakerTest({ test }: { test(): void }) {
  return (
    <div className="devices__test">
      <Button icon={SpeakerIcon} onClick={test}>
        {t("ready.speaker.test")}
      </Button>
      <p className="small soft">{t("ready.speaker.hint")}</p>
    </div>
  );
}
