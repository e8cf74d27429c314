/** Where the own picture may rest: one of four corners. Knows no DOM. */

export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The corner of `field` that the middle of `box` is nearest to. */
export function nearestCorner(box: Box, field: Box): Corner {
  const right = box.left + box.width / 2 > field.left + field.width / 2;
  const bottom = box.top + box.height / 2 > field.top + field.height / 2;
  return corner(bottom, right);
}

/** The corner an arrow key leads to; null if the key is none of ours. */
export function cornerByKey(from: Corner, key: string): Corner | null {
  const bottom = from.startsWith("bottom");
  const right = from.endsWith("right");
  switch (key) {
    case "ArrowLeft":
      return corner(bottom, false);
    case "ArrowRight":
      return corner(bottom, true);
    case "ArrowUp":
      return corner(false, right);
    case "ArrowDown":
      return corner(true, right);
    default:
      return null;
  }
}

function corner(bottom: boolean, right: boolean): Corner {
  return `${bottom ? "bottom" : "top"}-${right ? "right" : "left"}`;
}
