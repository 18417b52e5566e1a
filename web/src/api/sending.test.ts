// @vitest-environment node
import { beforeEach, expect, test, vi } from "vitest";
import { sender, Unanswered } from "./sending";

type Step = Response | Error | Promise<Response>;
const json = (status: number, body: object = {}) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const post = (body: object) => new Request("http://portal/api/v1/companies/x/applications", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRF-Token": "old" } });

function storage(): Storage {
  const kept = new Map<string, string>();
  return { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) } as unknown as Storage;
}

/** A server that answers step by step, and what it was sent. */
function portal(steps: Step[], store = storage()) {
  const sent: { key: string | null; csrf: string | null; body: string }[] = [];
  const waited: number[] = [];
  const signInAgain = vi.fn(async () => true);
  const renew = vi.fn(async () => true);
  const send = sender({
    send: async (request) => {
      sent.push({ key: request.headers.get("Idempotency-Key"), csrf: request.headers.get("X-CSRF-Token"), body: await request.text() });
      const step = steps.shift() ?? json(200);
      if (step instanceof Error) throw step;
      return step;
    },
    wait: async (ms) => void waited.push(ms),
    csrf: () => "new",
    signInAgain,
    renew,
    unanswered: new Unanswered(() => store),
  });
  return { send, sent, waited, signInAgain, renew, keys: () => new Set(sent.map((one) => one.key)) };
}

const lost = () => new TypeError("network");
let body: { amount_fen: number };
beforeEach(() => {
  body = { amount_fen: 200_000_000 };
});

test("a write whose answer was lost is sent again with the same key, more slowly each time", async () => {
  const { send, sent, waited, keys } = portal([lost(), json(503), json(502)]);
  expect((await send(post(body))).status).toBe(200);
  expect(sent).toHaveLength(4);
  expect(keys().size).toBe(1);
  expect(sent.every((one) => one.body === JSON.stringify(body))).toBe(true);
  expect(waited).toEqual([500, 1500, 4000]);
});

test("pressed again after no answer came, it has the key of before; once answered, the next one has its own", async () => {
  const { send, sent, keys } = portal([lost(), lost(), lost(), lost()]);
  await expect(send(post(body))).rejects.toThrow("network");
  await send(post(body));
  expect(sent).toHaveLength(5);
  expect(keys().size).toBe(1);
  await send(post(body));
  expect(keys().size).toBe(2);
});

test("the page was reloaded before the answer: the same thing asked again has the same key, another thing another", async () => {
  const store = storage();
  const before = portal([lost(), lost(), lost(), lost()], store);
  await expect(before.send(post(body))).rejects.toThrow();
  const after = portal([], store);
  await after.send(post({ amount_fen: 1 }));
  await after.send(post(body));
  expect(after.sent[0]?.key).not.toBe(before.sent[0]?.key);
  expect(after.sent[1]?.key).toBe(before.sent[0]?.key);
});

test("a fault answers nothing: pressed again, what it did is found under its key", async () => {
  const { send, keys } = portal([json(500)]);
  expect((await send(post(body))).status).toBe(500);
  await send(post(body));
  expect(keys().size).toBe(1);
});

test("two presses at once are one request to the server, which says of the second that it is in hand until it is answered", async () => {
  let answer = (_: Response) => {};
  const first = new Promise<Response>((resolve) => (answer = resolve));
  const { send, sent, keys, waited } = portal([first, json(409, { code: "IN_HAND" }), json(409, { code: "IN_HAND" }), json(200)]);
  const both = Promise.all([send(post(body)), send(post(body))]);
  await vi.waitUntil(() => sent.length === 4);
  answer(json(200));
  const answers = await both;
  expect(answers.map((one) => one.status)).toEqual([200, 200]);
  expect(keys().size).toBe(1);
  expect(waited).toEqual([1000, 1000]);
});

test("a refusal is an answer: it is not asked for again", async () => {
  const { send, sent } = portal([json(409, { code: "CONSENT_EXPIRED" })]);
  expect((await send(post(body))).status).toBe(409);
  expect(sent).toHaveLength(1);
});

test("the session ended: after the same person signed in again the request goes on, with what it carried and the new token", async () => {
  const { send, sent, signInAgain, keys } = portal([json(401, { code: "NOT_SIGNED_IN" })]);
  expect((await send(post(body))).status).toBe(200);
  expect(signInAgain).toHaveBeenCalledOnce();
  expect(sent.map((one) => one.csrf)).toEqual(["old", "new"]);
  expect(keys().size).toBe(1);
  expect(sent[1]?.body).toBe(JSON.stringify(body));
});

test("a token of another tab's session is renewed; signing in, and asking who is in, ask for no sign-in", async () => {
  const stale = portal([json(403, { code: "CSRF" })]);
  expect((await stale.send(post(body))).status).toBe(200);
  expect(stale.renew).toHaveBeenCalledOnce();
  const wrong = portal([json(401, { code: "NOT_SIGNED_IN" })]);
  expect((await wrong.send(new Request("http://portal/api/v1/session"))).status).toBe(401);
  expect(wrong.signInAgain).not.toHaveBeenCalled();
});
