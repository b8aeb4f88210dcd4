import { QueryClient, queryOptions } from "@tanstack/react-query";
import type { Directory, Me, Page, RecordView, SessionRow } from "../protocol/rest";
import { get, RequestFailed } from "./http";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The server's no is final; only a missing answer is worth another try.
      retry: (count, error) => error instanceof RequestFailed && error.status === 0 && count < 3,
    },
  },
});

/** Who is signed in; `null` when nobody is. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await get<Me>("/me", signal);
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** All sessions of a local day (`YYYY-MM-DD`) this account has to do with. */
export const dayQuery = (day: string) =>
  queryOptions({
    queryKey: ["sessions", day],
    queryFn: async ({ signal }) => {
      const rows: SessionRow[] = [];
      let after: string | null = null;
      do {
        const page: Page<SessionRow> = await get(`/sessions?${query({ day, after })}`, signal);
        rows.push(...page.rows);
        after = page.next;
      } while (after !== null);
      return rows;
    },
    refetchInterval: 15_000,
  });

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ["session", id],
    queryFn: ({ signal }) => get<SessionRow>(`/sessions/${id}`, signal),
  });

export const directoryQuery = queryOptions({
  queryKey: ["directory"],
  queryFn: ({ signal }) => get<Directory>("/directory", signal),
  staleTime: 300_000,
});

export const recordQuery = (id: string) =>
  queryOptions({ queryKey: ["record", id], queryFn: ({ signal }) => get<RecordView>(`/sessions/${id}/record`, signal) });

function query(values: Record<string, string | null>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== null);
  return new URLSearchParams(given).toString();
}
