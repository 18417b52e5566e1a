/** Titles only: they come with the first page. */
import { words } from "../../words";

export const me = words({
  me: ["我的企业", "My company"],
  portrait: ["和同行比", "Beside my peers"],
  qualifications: ["资质与差距", "Qualifications"],
  grade: ["等级与提升", "Grade, and what lifts it"],
  objections: ["异议与人工复核", "Objections and review"],
});
