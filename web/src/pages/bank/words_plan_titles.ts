/** Titles only: they come with the first page. */
import { words } from "../../words";
import { bankTitles } from "./titles";

export const planTitles = words({
  plan: bankTitles.plan,
  reviews: bankTitles.reviews,
});
