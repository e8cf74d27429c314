/** Signs of the tools, drawn like the others. */
import { icon } from "../ui/icons";
import type { ToolName } from "./tools";

export const TOOL_ICONS: Readonly<Record<ToolName, ReturnType<typeof icon>>> = {
  select: icon("SelectIcon", <path d="M5.5 3.5 18.5 11l-5.7 1.700L9.5 18z" />),
  pen: icon("PenIcon", <path d="m4 20 1-4.500L16.5 4a2.1 2.1 0 0 1 3 0l.5.5a2.1 2.1 0 0 1 0 3L8.5 19zM14.5 6l3.5 3.5" />),
  marker: icon("MarkerIcon", <><path d="m8 14.5 8.5-10 4 3.5-8.5 10H8z" /><path d="M8 14.5 5.5 18H12M3.5 21h17" /></>),
  arrow: icon("ArrowIcon", <path d="M5 19 19 5M10 5h9v9" />),
  line: icon("LineIcon", <path d="M5 19 19 5" />),
  rectangle: icon("RectangleIcon", <rect x="4" y="6" width="16" height="12" rx="1" />),
  ellipse: icon("EllipseIcon", <ellipse cx="12" cy="12" rx="8.5" ry="6.5" />),
  text: icon("TextIcon", <path d="M5 7V5h14v2M12 5v14M9.5 19h5" />),
  eraser: icon("EraserIcon", <path d="m4 15.5 9-10a2 2 0 0 1 2.9 0l4 4a2 2 0 0 1 0 2.800L13 19H8zM9 10l6.5 6.500M13 19h7" />),
  laser: icon("LaserIcon", <><circle cx="9" cy="15" r="3" /><path d="M13 11 20 4M9 7V5M3 15H1.500M4.5 10.5 3 9M13.5 19.5 15 21M4.5 19.5 3 21" /></>),
};

export const UndoIcon = icon("UndoIcon", <path d="M8.5 5 4 9.5 8.5 14M4.5 9.500H14a5 5 0 0 1 0 10h-3" />);
export const RedoIcon = icon("RedoIcon", <path d="M15.5 5 20 9.5 15.5 14M19.5 9.500H10a5 5 0 0 0 0 10h3" />);
export const TrashIcon = icon("TrashIcon", <path d="M4.5 7h15M9.5 7V4.500h5V7M6.5 7l.8 12.500h9.400L17.5 7M10.5 11v5M13.5 11v5" />);
export const ListIcon = icon("ListIcon", <path d="M9 6.500h11M9 12h11M9 17.500h11M4.5 6.500h.01M4.5 12h.01M4.5 17.500h.01" />);
export const PictureIcon = icon("PictureIcon", <><rect x="3.5" y="5" width="17" height="14" rx="2" /><circle cx="9" cy="10" r="1.5" /><path d="m4.5 17 5-4.5 3 2.5 3.5-3.5 4 4" /></>);
export const PlusIcon = icon("PlusIcon", <path d="M12 5v14M5 12h14" />);
export const MinusIcon = icon("MinusIcon", <path d="M5 12h14" />);
export const FitIcon = icon("FitIcon", <path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" />);
export const WidthIcon = icon("WidthIcon", <><path d="M4 5.500h16" strokeWidth="1.200" /><path d="M4 11h16" strokeWidth="2.600" /><path d="M4.500 18h15" strokeWidth="4.800" /></>);
