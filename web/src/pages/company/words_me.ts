/** Titles only: they come with the first page. */
import { words } from "../../words";
import { companyTitles } from "./titles";

export const me = words({
  me: companyTitles.me,
  portrait: companyTitles.portrait,
  qualifications: companyTitles.qualifications,
  grade: companyTitles.grade,
  objections: companyTitles.objections,
});
