/** The API as it is published: types from openapi.json, one place for the session's token, idempotency keys and problems. */
import createClient from "openapi-fetch";
import type { Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

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

export function setCsrf(token: string): void {
  csrf = token;
}

export function setApiLang(next: string): void {
  lang = next;
}

const ours: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Lang", lang);
    if (request.method !== "GET") {
      request.headers.set("X-CSRF-Token", csrf);
      if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
api.use(ours);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data. Throws Problem: what the server refused, or that it did not answer. */
export async function got<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    throw new Problem(0, "NO_ANSWER", "没有应答:网络或服务中断", "no answer: the network or the service is away", {}, String(error));
  }
  if (answer.response.ok) return answer.data as T;
  const said = (answer.error ?? {}) as Partial<Problem> & { request?: string };
  throw new Problem(
    answer.response.status,
    said.code ?? "FAULT",
    said.zh ?? "系统故障",
    said.en ?? "a fault",
    said.where ?? {},
    said.request ?? "",
  );
}
