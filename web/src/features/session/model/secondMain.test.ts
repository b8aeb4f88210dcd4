import { expect, it } from "vitest";
import { pointSection } from "../fixture/room";
import { secondMain } from "./secondMain";

it("is told by the server and concerns this very connection", () => {
  const asks = (take_over: string[], connection: string | undefined) => secondMain({ connection, point: pointSection({ take_over }) });
  expect(asks(["c2"], "c2")).toBe("c2");
  expect(asks(["c2"], "c1")).toBeUndefined();
  expect(asks([], "c1")).toBeUndefined();
  expect(asks(["c2"], undefined)).toBeUndefined();
  expect(secondMain({ connection: "c2", point: undefined })).toBeUndefined();
});
