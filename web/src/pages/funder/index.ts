import type { PageEntry } from "../../places";

export const pages: readonly PageEntry[] = [];
