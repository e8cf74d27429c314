/** Our own icons: 24-unit outlines in the current colour. Always beside a word or a label. */
import type { ReactNode } from "react";

// So that a page carries only the icons that it shows.
/* @__NO_SIDE_EFFECTS__ */
export function icon(name: string, paths: ReactNode) {
  function Icon({ className = "icon" }: { className?: string }) {
    return (
      <svg
        className={className}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {paths}
      </svg>
    );
  }
  Icon.displayName = name;
  return Icon;
}

const microphone = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);
const camera = (
  <>
    <rect x="2.5" y="6" width="13" height="12" rx="2.5" />
    <path d="m15.5 10.5 5.1-3a.6.6 0 0 1 .9.5v8a.6.6 0 0 1-.9.5l-5.1-3" />
  </>
);
const screen = (
  <>
    <rect x="2.5" y="4" width="19" height="12.5" rx="2" />
    <path d="M8.5 20.5h7M12 16.5v4" />
  </>
);
const speaker = <path d="M4 9.5v5h3.5l4.5 4v-13l-4.5 4z" />;
const slash = <path d="m3.5 3.5 17 17" />;

export const MicrophoneIcon = icon("MicrophoneIcon", microphone);
export const MicrophoneOffIcon = icon("MicrophoneOffIcon", <>{microphone}{slash}</>);
export const CameraIcon = icon("CameraIcon", camera);
export const CameraOffIcon = icon("CameraOffIcon", <>{camera}{slash}</>);
export const ScreenIcon = icon("ScreenIcon", <>{screen}<path d="M12 13V7.5M9.5 9.7 12 7.2l2.5 2.5" /></>);
export const ScreenOffIcon = icon("ScreenOffIcon", <>{screen}<path d="m9.7 8 4.6 4.6m0-4.6-4.6 4.6" /></>);
export const SpeakerIcon = icon("SpeakerIcon", <>{speaker}<path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" /></>);
export const BoardIcon = icon("BoardIcon", <><rect x="3" y="4" width="18" height="12.5" rx="1.5" /><path d="M12 16.5v4M8.5 20.5h7M7 12.5c2-4 3 1 5-1.5s2.5-2.5 5-1" /></>);
export const RecordIcon = icon("RecordIcon", <><circle cx="12" cy="12" r="8.5" /><circle cx="12" cy="12" r="3.5" fill="currentColor" /></>);
export const ChatIcon = icon(
  "ChatIcon",
  <path d="M20.5 11.5c0 4.1-3.8 7.5-8.5 7.5-1.1 0-2.2-.2-3.2-.5L4 20l1.2-3.800c-1.1-1.3-1.7-2.9-1.7-4.700C3.5 7.4 7.3 4 12 4s8.5 3.4 8.5 7.500Z" />,
);
export const EndIcon = icon(
  "EndIcon",
  <path
    d="M2.6 13.900c-.5-1.5.1-2.9 1.5-3.9 4.6-3.3 11.2-3.3 15.8 0 1.4 1 2 2.4 1.5 3.900l-.4 1.200c-.2.6-.8 1-1.5.9l-3-.6c-.6-.1-1.1-.6-1.1-1.200v-2c-2.2-.7-4.6-.7-6.8 0v2c0 .6-.5 1.1-1.1 1.200l-3 .6c-.7.1-1.3-.3-1.5-.9z"
    fill="currentColor"
    stroke="none"
  />,
);
export const PhoneIcon = icon(
  "PhoneIcon",
  <path d="M8.2 4.2 6 3.700a2 2 0 0 0-2.4 2C3.8 14 10 20.2 18.3 20.400a2 2 0 0 0 2-2.400l-.5-2.200a1.5 1.5 0 0 0-1.3-1.200l-2.4-.2a1.5 1.5 0 0 0-1.3.5l-.9 1a12 12 0 0 1-5.8-5.800l1-.9c.4-.3.6-.8.5-1.300l-.2-2.400a1.5 1.5 0 0 0-1.2-1.300Z" />,
);
export const SendIcon = icon("SendIcon", <path d="M4 12 3.2 4.600c-.1-.8.7-1.4 1.4-1L21 12 4.6 20.400c-.7.4-1.5-.2-1.4-1zm0 0h8" />);
export const CloseIcon = icon("CloseIcon", <path d="m6 6 12 12M18 6 6 18" />);
export const CheckIcon = icon("CheckIcon", <path d="m5 12.5 4.5 4.500L19 7.5" />);
export const ChecksIcon = icon("ChecksIcon", <path d="m2 12.5 4.5 4.500L15 8.500M11.5 16l1 1L22 7.5" />);
export const ClockIcon = icon("ClockIcon", <><circle cx="12" cy="12" r="8.5" /><path d="M12 7.500V12l3 2" /></>);
export const InfoIcon = icon("InfoIcon", <><circle cx="12" cy="12" r="8.5" /><path d="M12 11.500v4.500M12 8h.01" /></>);
export const AlertIcon = icon("AlertIcon", <><path d="M12 4 2.8 19.500h18.400z" /><path d="M12 10v4.500M12 17h.01" /></>);
export const ShieldIcon = icon("ShieldIcon", <><path d="M12 3 4.5 5.800v5.500c0 4.6 3.1 8 7.5 9.7 4.4-1.7 7.5-5.1 7.5-9.700V5.800z" /><path d="m8.8 12 2.3 2.3 4.2-4.5" /></>);
export const LockIcon = icon("LockIcon", <><rect x="5" y="10.5" width="14" height="10" rx="2.5" /><path d="M8 10.500V8a4 4 0 0 1 8 0v2.5" /></>);
export const SettingsIcon = icon("SettingsIcon", <><path d="M4 7h9M19 7h1M4 17h1M11 17h9" /><circle cx="16" cy="7" r="2.5" /><circle cx="8" cy="17" r="2.5" /></>);
export const DownIcon = icon("DownIcon", <path d="m6 9.5 6 6 6-6" />);
export const DownloadIcon = icon("DownloadIcon", <path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.500M4.5 20h15" />);
export const BellIcon = icon("BellIcon", <path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.5 1.500h-15zM10 20.500h4" />);
export const LeaveIcon = icon("LeaveIcon", <path d="M14 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H14M10 12h10.500M17 8.500l3.5 3.5-3.5 3.5" />);
export const FileIcon = icon("FileIcon", <><path d="M13.500 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.500z" /><path d="M13.500 3v5.500H19M9 13h6M9 16.500h6" /></>);
export const PhotoIcon = icon("PhotoIcon", <><path d="M4.500 7.500h3l1.500-2.500h6l1.500 2.500h3a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2Z" /><circle cx="12" cy="13" r="3.500" /></>);
export const PlusIcon = icon("PlusIcon", <path d="M12 5v14M5 12h14" />);
