/** Several people. */
import { icon } from "../ui/icons";

export const PeopleIcon = icon(
  "PeopleIcon",
  <>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.5 19.5c.5-3.600 3.1-5.500 6.500-5.500s6 1.900 6.500 5.500M15.500 5.400a3.300 3.300 0 0 1 0 6.200M17.500 14.300c2.200.7 3.600 2.500 4 5.200" />
  </>,
);
