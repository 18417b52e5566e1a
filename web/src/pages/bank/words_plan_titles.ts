/** Titles only: they come with the first page. */
import { words } from "../../words";

export const planTitles = words({
  plan: ["信贷配置", "Plan of lending"],
  reviews: ["人工复核", "Reviews"],
});
