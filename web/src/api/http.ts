import type { Problem } from "../protocol/rest";

/** A request that did not succeed; `problem` is the server's sentence in both languages, absent when there was no answer. */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(problem?.code ?? `http ${status}`);
  }
}

async function failure(response: Response): Promise<RequestFailed> {
  const isProblem = response.headers.get("content-type")?.includes("json") ?? false;
  const problem = isProblem ? ((await response.json().catch(() => undefined)) as Problem | undefined) : undefined;
  return new RequestFailed(response.status, problem?.code ? problem : undefined);
}

/**
 * One request to `/api/v1`. `X-Diemcau` is what a form of another site cannot send.
 * Rejects with `RequestFailed` (status 0: no answer).
 */
export async function request<T>(path: string, options: { method?: string; body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
  const asItIs = options.body instanceof Blob || options.body instanceof FormData;
  const response = await fetch(`/api/v1${path}`, {
    method: options.method ?? "GET",
    credentials: "same-origin",
    headers: {
      "X-Diemcau": "1",
      ...(options.body === undefined || asItIs ? {} : { "Content-Type": "application/json" }),
    },
    ...(options.body === undefined ? {} : { body: asItIs ? (options.body as Blob | FormData) : JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  }).catch(() => undefined);
  if (response === undefined) throw new RequestFailed(0, undefined);
  if (!response.ok) throw await failure(response);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>(path, signal ? { signal } : {});
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal) => request<T>(path, { method: "POST", body, ...(signal ? { signal } : {}) });
