/** A text of the server as a page says it. Texts end with the command that helps (`…:kemiao approval give`, `(kemiao law load lpr)`);
 * nobody at a page can type that, so these clauses are left out. What has nothing else in it stays as it is. */
export function withoutCommands(text: string): string {
  const plain = text
    .replace(/\s*[((](?:[^()()]*\s)?kemiao [a-z][^()()]*[))]/g, "")
    .replace(/[,,;;::](?:[^,,;;::。.()()]*?)\bkemiao [a-z][a-z-]*(?: (?!or |makes |takes |gives )[^,,;;::。\s]+)*(?: (?:or|和|或) kemiao [^,,;;::。]*)?(?=[,,;;。]|$)/g, "")
    .replace(/[,,;;::][^。.;;]*?(?:--[a-z]|KEMIAO_)[^。.;;]*/g, "") // options and settings of the command line
    .trim();
  return plain === "" ? text : plain;
}

/** `uscc:9199…` as people know it: the code alone. */
export function withoutScheme(text: string): string {
  return text.replace(/^uscc:/, "");
}
