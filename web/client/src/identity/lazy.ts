/** What is fetched once a talk runs, and not before. */
export { Identity } from "./identity";
export { IdentityButton } from "./IdentityButton";
