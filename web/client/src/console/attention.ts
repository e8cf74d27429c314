/**
 * What shows outside the page that somebody waits: its title and, where allowed, a notification.
 * Neither carries a name: both are read over shoulders and kept by operating systems.
 */

export type Permission = "granted" | "denied" | "default" | "none";

export interface Words {
  readonly title: string;
  readonly body: string;
}

export function permission(): Permission {
  return typeof Notification === "undefined" ? "none" : Notification.permission;
}

/** Only ever called from a button. */
export async function askPermission(): Promise<Permission> {
  return typeof Notification === "undefined" ? "none" : Notification.requestPermission();
}

/** "(2) Konsole": how many wait, in front, where a narrow tab still shows it. */
export function titled(plainTitle: string, waiting: number): string {
  return waiting > 0 ? `(${waiting > 99 ? "99+" : waiting}) ${plainTitle}` : plainTitle;
}

/** One notification at a time, replaced by the next; nothing while the page is being looked at. */
export class Notifier {
  #shown: Notification | null = null;

  show(words: Words): void {
    if (permission() !== "granted" || (document.hasFocus() && !document.hidden)) return;
    this.close();
    try {
      this.#shown = new Notification(words.title, { body: words.body, tag: "visavis-desk" });
    } catch {
      return; // Chrome on Android offers the constructor and then refuses it
    }
    this.#shown.addEventListener("click", () => {
      window.focus();
      this.close();
    });
  }

  close(): void {
    this.#shown?.close();
    this.#shown = null;
  }
}
