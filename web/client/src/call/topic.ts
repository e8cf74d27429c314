/** Which consents this talk may ask for (OB-11, OB-46), and in which words of the company. */
import type { Special } from "../sessions/bodies";
import { headersOf } from "../signaling/admission";
import { readConcerns } from "./special";

/** What somebody who may be recorded is told. */
export interface Terms {
  readonly purpose: string;
  readonly period: string;
}

export interface Topic {
  /** What is specially protected and the talk may come to. */
  readonly special: readonly Special[];
  /** Null where nobody is recorded. */
  readonly recording: Terms | null;
}

/** Null where it could not be heard. */
export async function topicOf(session: string, language: string, token?: string): Promise<Topic | null> {
  try {
    const answer = await fetch(`/api/sessions/${session}/topic?lang=${language}`, {
      headers: headersOf(token === undefined ? {} : { token }),
      cache: "no-store",
      credentials: "same-origin",
    });
    if (!answer.ok) return null;
    const said = (await answer.json()) as { recording?: unknown };
    return { special: readConcerns(said), recording: readTerms(said.recording) };
  } catch {
    return null;
  }
}

export function readTerms(said: unknown): Terms | null {
  if (typeof said !== "object" || said === null) return null;
  const { purpose, period } = said as Record<string, unknown>;
  return typeof purpose === "string" && typeof period === "string" ? { purpose, period } : null;
}
