/** Lists that the API pages: the first page at once, the next when it is asked for, and every row where a workbook needs them. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { Problem } from "../api/client";

export type Page<Row> = { items: Row[]; next?: string | null };
/** What a page is asked by; spread into the query. */
export type Asked = { limit: number; cursor?: string };

const LIMIT_MAX = 200; // portal.door.Limit

/** page: asks for one. limit: rows of a page. keep: the list of before stands until the one of another filter has come. What a filter names stands in `key`: another filter is another list. */
export function usePaged<Row>(key: readonly unknown[], page: (asked: Asked) => Promise<Page<Row>>, { limit = 50, keep = false, enabled = true } = {}) {
  const asked = useInfiniteQuery<Page<Row>, Problem, Row[], readonly unknown[], string | null>({
    queryKey: key,
    queryFn: ({ pageParam }) => page(pageParam === null ? { limit } : { limit, cursor: pageParam }),
    initialPageParam: null,
    getNextPageParam: (last) => last.next ?? null,
    select: (data) => data.pages.flatMap((each) => each.items),
    enabled,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
  return {
    asked,
    more: asked.hasNextPage ? () => void asked.fetchNextPage() : undefined,
    all: () => everyRow(page),
  };
}

/** All rows, page by page to the last. A cursor that comes back would never end: it is a fault of the server and said so. */
export async function everyRow<Row>(page: (asked: Asked) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (let asked: Asked = { limit: LIMIT_MAX }; ; ) {
    const { items, next } = await page(asked);
    rows.push(...items);
    if (!next) return rows;
    if (seen.has(next)) throw new Error(`the cursor ${next} came back`);
    seen.add(next);
    asked = { limit: LIMIT_MAX, cursor: next };
  }
}
