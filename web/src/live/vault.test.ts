import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";
import { Vault } from "./vault";

function rawTexts(factory: IDBFactory): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = factory.open("diemcau", 1);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const all = request.result.transaction("texts").objectStore("texts").getAll();
      all.onsuccess = () =>
        resolve(all.result.map(({ sealed }: { sealed: ArrayBuffer }) => Buffer.from(sealed).toString("utf8")).join());
    };
  });
}

test("text survives the page, is found by its session, and is not readable in the store", async () => {
  const factory = new IDBFactory();
  await (await Vault.open(factory)).put("s1/v1/b1", { text: "Bà Nguyễn Thị Bình trình bày" });
  const later = await Vault.open(factory);
  await later.put("s2/v1/b1", { text: "khác" });
  expect(await later.get("s1/v1/b1")).toEqual({ text: "Bà Nguyễn Thị Bình trình bày" });
  expect((await later.all<{ text: string }>("s1/")).map(({ value }) => value.text)).toEqual(["Bà Nguyễn Thị Bình trình bày"]);
  const raw = await rawTexts(factory);
  expect(raw.length).toBeGreaterThan(0);
  expect(raw).not.toContain("Bình");
});

test("what is acknowledged is gone", async () => {
  const vault = await Vault.open(new IDBFactory());
  await vault.put("s1/v1/b1", "x");
  await vault.remove("s1/v1/b1");
  expect(await vault.get("s1/v1/b1")).toBeUndefined();
  expect(await vault.all("s1/")).toEqual([]);
});
