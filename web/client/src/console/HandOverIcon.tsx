import { icon } from "../ui/icons";

export const HandOverIcon = icon(
  "HandOverIcon",
  <>
    <circle cx="8" cy="7.5" r="3.5" />
    <path d="M2.5 19.5c0-3.3 2.4-5.5 5.5-5.5 1.3 0 2.5.4 3.4 1.1M14 17.5h7.5M18.3 14.2l3.2 3.3-3.2 3.3" />
  </>,
);
