import type { FileKind, StoredFile } from "../protocol/cases";
import { post } from "./http";

/** Largest file the server takes. */
export const UPLOAD_BYTES = 25 * 1024 * 1024;

interface Upload {
  session: string;
  visit: string;
  /** `paper` is made by the server alone. */
  kind: Exclude<FileKind, "paper">;
  name: string;
  file: Blob;
  /** Where it was shown or handed over. */
  point: string | null;
}

/** Stores a file and names it in the visit, in one request: both happen or neither. */
export function upload({ session, visit, kind, name, file, point }: Upload): Promise<StoredFile> {
  const form = new FormData();
  form.set("kind", kind);
  if (point !== null) form.set("point", point);
  form.set("file", file, name);
  return post(`/sessions/${session}/visits/${visit}/files`, form);
}
