/** A text as part of a longer sentence: without the stop its writer may have put. */
export const unstopped = (text: string): string => text.trim().replace(/[\s.,:;]+$/u, "");
