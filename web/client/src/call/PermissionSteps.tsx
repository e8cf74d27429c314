/** How to allow camera and microphone in this very browser, in steps and with a picture. */
import { t } from "../texts";
import { steps, whereAmI, type Place } from "./permission";

export function PermissionSteps() {
  const place = whereAmI(navigator.userAgent, navigator.maxTouchPoints);
  return (
    <div className="help">
      <AddressBar place={place} />
      <ol className="help__steps">
        {steps(place).map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ol>
    </div>
  );
}

/** A drawn address bar with the sign to press ringed. */
function AddressBar({ place }: { place: Place }) {
  const host = location.host;
  const end = place.browser === "safari" && place.system !== "ios";
  return (
    <div className="help__bar" role="img" aria-label={t("ready.help.picture")}>
      {!end && <Sign place={place} />}
      <span className="help__host">{host}</span>
      {end && <Sign place={place} />}
    </div>
  );
}

function Sign({ place }: { place: Place }) {
  return (
    <span className="help__sign">
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
        {place.browser === "firefox" || place.browser === "safari" ? (
          <>
            <rect x="2.5" y="7" width="12" height="10" rx="2" />
            <path d="m14.5 10.8 6-3v8.400l-6-3M4 4l16 16" />
          </>
        ) : (
          <>
            <path d="M3 8h9M19 8h2M3 16h2M12 16h9" />
            <circle cx="15.5" cy="8" r="2.8" />
            <circle cx="8.5" cy="16" r="2.8" />
          </>
        )}
      </svg>
    </span>
  );
}
