import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/queries";
import type { Me } from "../protocol/rest";

/** The account of a page behind `SignedIn`. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error("used outside signed-in pages");
  return data;
}
