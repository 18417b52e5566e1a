/**
 * How requests go out, whatever page sends them.
 *
 * A write carries an idempotency key, and the key belongs to what is asked for, not to the try: it is kept from before the first byte goes
 * out until an answer has come, over retries, a second press and a reload of the page. So a write whose answer was lost has one effect.
 * Where the session has ended, the request waits until the same person has signed in again, and then goes on.
 */

export type Surroundings = {
  send: (request: Request) => Promise<Response>;
  wait: (ms: number) => Promise<void>;
  csrf: () => string;
  /** Asks for a sign-in; true: the same account is in again. */
  signInAgain: () => Promise<boolean>;
  /** Whether the session that this browser has now is still this account's: another tab may have signed out and in. */
  renew: () => Promise<boolean>;
  unanswered: Unanswered;
};

const KEY = "Idempotency-Key";
const PAUSES_MS = [500, 1_500, 4_000];
const IN_HAND_MS = 1_000;
const IN_HAND_TIMES = 55; // the server gives up a request after a minute
const AWAY = new Set([502, 503, 504]);

export function sender(around: Surroundings): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method === "GET") return signedIn(around, request, around.send);
    const what = request.headers.has(KEY) ? null : await digestOf(request);
    const key = request.headers.get(KEY) ?? around.unanswered.keyOf(what);
    const answer = await signedIn(around, withHeader(request, KEY, key), (one) => untilAnswered(around, one));
    if (answer.status < 500) around.unanswered.answered(what, key); // a fault answers nothing: what it did is found under its key
    return answer;
  };
}

/** The same write again where no answer came, or where an earlier try of it is still under way. Throws what `send` threw last. */
async function untilAnswered({ send, wait }: Surroundings, request: Request): Promise<Response> {
  let away = 0;
  let inHand = 0;
  for (;;) {
    const pause = PAUSES_MS[away];
    let answer: Response;
    try {
      answer = await send(request.clone());
    } catch (error) {
      if (pause === undefined) throw error;
      away += 1;
      await wait(pause);
      continue;
    }
    if (AWAY.has(answer.status) && pause !== undefined) {
      away += 1;
      await wait(pause);
    } else if (answer.status === 409 && inHand < IN_HAND_TIMES && (await codeOf(answer)) === "IN_HAND") {
      inHand += 1;
      await wait(IN_HAND_MS);
    } else return answer;
  }
}

async function signedIn(around: Surroundings, request: Request, send: (request: Request) => Promise<Response>): Promise<Response> {
  if (new URL(request.url).pathname === "/api/v1/session") return send(request); // that is signing in, or asking who is
  const answer = await send(request.clone());
  const code = answer.status === 401 || answer.status === 403 ? await codeOf(answer) : "";
  const again = code === "NOT_SIGNED_IN" ? await around.signInAgain() : code === "CSRF" ? await around.renew() : false;
  return again ? send(withHeader(request, "X-CSRF-Token", around.csrf())) : answer;
}

function withHeader(request: Request, name: string, value: string): Request {
  const headers = new Headers(request.headers);
  headers.set(name, value);
  return new Request(request, { headers });
}

async function codeOf(answer: Response): Promise<string> {
  try {
    return String(((await answer.clone().json()) as { code?: unknown }).code ?? "");
  } catch {
    return ""; // a proxy's page
  }
}

/** Null for files: their parts are divided anew each time. What they bring is known by its own digest to the server. */
async function digestOf(request: Request): Promise<string | null> {
  if (request.headers.get("Content-Type")?.startsWith("multipart/")) return null;
  const said = `${request.method} ${request.url}\n${await request.clone().text()}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(said)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const MOST = 50;
const STORE = "unanswered";

/** The keys of writes that wait for an answer, by the digest of what they ask for; they outlive a reload of the page, in its tab. */
export class Unanswered {
  private memory: [string, string][] = [];

  constructor(private readonly store: () => Storage) {}

  keyOf(what: string | null): string {
    const keys = this.read();
    const known = what === null ? undefined : keys.find(([of]) => of === what)?.[1];
    if (known !== undefined) return known;
    const key = crypto.randomUUID();
    if (what !== null) this.write([...keys, [what, key]]);
    return key;
  }

  answered(what: string | null, key: string): void {
    if (what !== null) this.write(this.read().filter(([of, own]) => of !== what || own !== key));
  }

  private read(): [string, string][] {
    try {
      const kept: unknown = JSON.parse(this.store().getItem(STORE) ?? "[]");
      return Array.isArray(kept) ? (kept as [string, string][]) : [];
    } catch {
      return this.memory; // a browser that keeps nothing
    }
  }

  private write(keys: [string, string][]): void {
    this.memory = keys.slice(-MOST);
    try {
      this.store().setItem(STORE, JSON.stringify(this.memory));
    } catch {
      /* as above */
    }
  }
}
