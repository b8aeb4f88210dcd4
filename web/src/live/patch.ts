// RFC 6902, the operations the server sends. Immutable: unchanged branches keep their identity, so that
// React components that read them do not render again.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Operation =
  | { op: "add" | "replace" | "test"; path: string; value: Json }
  | { op: "remove"; path: string }
  | { op: "move" | "copy"; from: string; path: string };

export class PatchError extends Error {}

/** Applies all operations or throws `PatchError`; the document given is never changed. */
export function applyPatch(document: Json, operations: readonly Operation[]): Json {
  return operations.reduce(applyOne, document);
}

function applyOne(document: Json, operation: Operation): Json {
  switch (operation.op) {
    case "add":
      return write(document, pointer(operation.path), operation.value, true);
    case "replace":
      read(document, pointer(operation.path));
      return write(document, pointer(operation.path), operation.value, false);
    case "remove":
      return remove(document, pointer(operation.path));
    case "move": {
      const value = read(document, pointer(operation.from));
      return write(remove(document, pointer(operation.from)), pointer(operation.path), value, true);
    }
    case "copy":
      return write(document, pointer(operation.path), read(document, pointer(operation.from)), true);
    case "test":
      if (JSON.stringify(read(document, pointer(operation.path))) !== JSON.stringify(operation.value)) {
        throw new PatchError(`test failed at ${operation.path}`);
      }
      return document;
    default:
      throw new PatchError("unknown operation");
  }
}

/** RFC 6901: `~1` before `~0`, or `~01` would become `/`. */
function pointer(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchError(`not a pointer: ${path}`);
  return path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function position(list: Json[], token: string, ends: number): number {
  const index = token === "-" ? list.length : Number(token);
  if (!/^(-|0|[1-9]\d*)$/.test(token) || index > ends) throw new PatchError(`no position ${token}`);
  return index;
}

function read(node: Json, path: readonly string[]): Json {
  const [token, ...rest] = path;
  if (token === undefined) return node;
  return read(child(node, token), rest);
}

function child(node: Json, token: string): Json {
  if (Array.isArray(node)) {
    const found = node[position(node, token, node.length - 1)];
    if (found !== undefined) return found;
  } else if (node !== null && typeof node === "object" && Object.hasOwn(node, token)) {
    const found = node[token];
    if (found !== undefined) return found;
  }
  throw new PatchError(`nothing at ${token}`);
}

function write(node: Json, path: readonly string[], value: Json, insert: boolean): Json {
  const [token, ...rest] = path;
  if (token === undefined) return value;
  const last = rest.length === 0;
  if (Array.isArray(node)) {
    const index = position(node, token, last && insert ? node.length : node.length - 1);
    const next = last ? value : write(child(node, token), rest, value, insert);
    return node.toSpliced(index, last && insert ? 0 : 1, next);
  }
  if (node === null || typeof node !== "object") throw new PatchError(`nothing under ${token}`);
  return { ...node, [token]: last ? value : write(child(node, token), rest, value, insert) };
}

function remove(node: Json, path: readonly string[]): Json {
  const [token, ...rest] = path;
  if (token === undefined) throw new PatchError("the whole document cannot be removed");
  const found = child(node, token);
  if (Array.isArray(node)) {
    const index = position(node, token, node.length - 1);
    return rest.length === 0 ? node.toSpliced(index, 1) : node.toSpliced(index, 1, remove(found, rest));
  }
  const { [token]: _gone, ...others } = node as { [key: string]: Json };
  return rest.length === 0 ? others : { ...(node as { [key: string]: Json }), [token]: remove(found, rest) };
}
