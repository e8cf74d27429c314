/** Signs of what can be done with documents. */
import { icon } from "../../ui/icons";

export const LayIcon = icon("LayIcon", <><path d="M13.5 3.500H7a1.500 1.500 0 0 0-1.500 1.500v14A1.500 1.500 0 0 0 7 20.500h10a1.500 1.500 0 0 0 1.500-1.500V8.500z" /><path d="M13.5 3.500v5h5M12 12v5M9.5 14.500h5" /></>);
export const PagesIcon = icon("PagesIcon", <><rect x="3.5" y="4" width="6" height="7" rx="1" /><rect x="3.5" y="13" width="6" height="7" rx="1" /><rect x="12.5" y="4" width="8" height="16" rx="1" /></>);
export const BackIcon = icon("BackIcon", <path d="M14.5 5.5 8 12l6.500 6.500" />);
export const OnIcon = icon("OnIcon", <path d="M9.5 5.500 16 12l-6.500 6.500" />);
export const WidthIcon = icon("WidthIcon", <path d="M3.500 5v14M20.500 5v14M7 12h10M9.500 9 6.500 12l3 3M14.500 9l3 3-3 3" />);
export const PageIcon = icon("PageIcon", <><rect x="6" y="3.500" width="12" height="17" rx="1.5" /><path d="M12 7v10M9.500 9 12 6.500 14.500 9M9.500 15l2.500 2.500 2.500-2.500" /></>);
export const SaveIcon = icon("SaveIcon", <path d="M12 4v11M7.500 11l4.500 4.500 4.500-4.500M4.500 20h15" />);
export const EyeIcon = icon("EyeIcon", <><path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12Z" /><circle cx="12" cy="12" r="2.800" /></>);
export const LockIcon = icon("LockIcon", <><rect x="5" y="10.500" width="14" height="10" rx="2" /><path d="M8 10.500V8a4 4 0 0 1 8 0v2.500" /></>);
export const AwayIcon = icon("AwayIcon", <path d="M6 6l12 12M18 6 6 18" />);
