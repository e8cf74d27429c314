/** What is fetched while one waits, and is no part of the call page's first load. */
export { Before } from "../call/Before";
export { Checkup } from "./checkup";
