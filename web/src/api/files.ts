import type { FileKind, StoredFile } from "../protocol/cases";
import type { Class } from "../protocol/people";
import { request } from "./http";

/** Largest file the server takes. */
export const UPLOAD_BYTES = 25 * 1024 * 1024;

interface Upload {
  session: string;
  visit: string;
  kind: FileKind;
  class: Class;
  name: string;
  file: Blob;
}

/** Stores the bytes; the answer is what the command `attach_file` names. */
export function upload({ session, visit, kind, class: level, name, file }: Upload): Promise<StoredFile> {
  const query = new URLSearchParams({ visit, kind, class: level, name });
  return request(`/sessions/${session}/files?${query.toString()}`, { method: "POST", body: file });
}
