/** What a talk of more than two needs, in one piece. */
import { People } from "./People";
import { Tiles } from "./Tiles";

export { Party } from "./party";
export const views = { People, Tiles };
