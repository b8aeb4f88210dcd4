/** Rows of a list on one page. */
export const PAGE = 50;

export interface Page {
  /** From 0; never beyond the last one, however the list has shrunk. */
  page: number;
  /** First and end of the rows shown, as `slice` takes them. */
  from: number;
  to: number;
  last: number;
}

export function pageOf(count: number, wanted: number): Page {
  const last = Math.max(0, Math.ceil(count / PAGE) - 1);
  const page = Math.min(Math.max(wanted, 0), last);
  return { page, from: page * PAGE, to: Math.min(count, (page + 1) * PAGE), last };
}
