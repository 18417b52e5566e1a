/** The API as it is published: types from openapi.json, one place for the session's token, idempotency keys and problems. */
import createClient from "openapi-fetch";
import type { Middleware } from "openapi-fetch";
import { withoutCommands } from "../shared/plain";
import { session } from "../words/session";
import type { components, paths } from "./schema";
import { sender, Unanswered } from "./sending";

export type Schemas = components["schemas"];

/** Why something did not happen, in both languages (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    readonly where: Record<string, string> = {},
    readonly request = "",
  ) {
    super(`${code}: ${en}`);
  }
}

let csrf = "";
let lang = "zh";
let sessionEnded: SessionEnd = () => Promise.resolve(false);

/** Asked when the server does not know our session. signedOut: nobody is in; else another may be. Answers whether the same account is in again. */
export type SessionEnd = (signedOut: boolean) => Promise<boolean>;

export function setCsrf(token: string): void {
  csrf = token;
}

export function setApiLang(next: string): void {
  lang = next;
}

export function onSessionEnd(asks: SessionEnd): void {
  sessionEnded = asks;
}

const ours: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Lang", lang);
    if (request.method !== "GET") request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  fetch: sender({
    send: (request) => fetch(request),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    csrf: () => csrf,
    signInAgain: () => sessionEnded(true),
    renew: () => sessionEnded(false),
    unanswered: new Unanswered(() => window.sessionStorage),
  }),
});
api.use(ours);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data. Throws Problem: what the server refused, or that it did not answer. */
export async function got<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    throw new Problem(0, "NO_ANSWER", ...session.noAnswer, {}, String(error));
  }
  if (answer.response.ok) return answer.data as T;
  const said = (answer.error ?? {}) as Partial<Problem> & { request?: string };
  const [zh, en] = session.fault;
  throw new Problem(answer.response.status, said.code ?? "FAULT", withoutCommands(said.zh ?? zh), withoutCommands(said.en ?? en), said.where ?? {}, said.request ?? "");
}
