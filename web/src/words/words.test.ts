// @vitest-environment node
/** Looks at the sources themselves: each word of a dictionary is used, and no component has a word of its own. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { maps } from "../pages/bank/words_maps";

const ROOT = join(import.meta.dirname, "..");
const names = readdirSync(ROOT, { recursive: true, encoding: "utf-8" }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts") && !name.endsWith("schema.ts"));
const sources = new Map(names.map((name) => [name, ts.createSourceFile(name, readFileSync(join(ROOT, name), "utf-8"), ts.ScriptTarget.Latest, true, name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS)]));

const within = new Map<ts.Node, ts.Node[]>();

/** A node and all below it. */
function nodes(node: ts.Node): ts.Node[] {
  const known = within.get(node);
  if (known) return known;
  const found: ts.Node[] = [];
  const visit = (one: ts.Node): void => {
    found.push(one);
    ts.forEachChild(one, visit);
  };
  visit(node);
  if (ts.isSourceFile(node)) within.set(node, found);
  return found;
}

type Dictionary = { file: string; name: string; keys: string[] };

/** `const name = words({...})`, or `{...} as const satisfies Record<string, Pair>`. */
function dictionaries(): Dictionary[] {
  const found: Dictionary[] = [];
  for (const [file, source] of sources)
    for (const node of nodes(source)) {
      if (!ts.isVariableDeclaration(node) || !node.initializer || !ts.isIdentifier(node.name)) continue;
      const made = ts.isCallExpression(node.initializer) && node.initializer.expression.getText() === "words" ? node.initializer.arguments[0] : undefined;
      const plain = ts.isSatisfiesExpression(node.initializer) && /Record<string, Pair>$/.test(node.initializer.type.getText()) ? nodes(node.initializer).find(ts.isObjectLiteralExpression) : undefined;
      const object = made ?? plain;
      if (!object || !ts.isObjectLiteralExpression(object)) continue;
      const keys = object.properties.flatMap((each) => (each.name ? [each.name.getText().replaceAll(/["']/g, "")] : []));
      found.push({ file, name: node.name.text, keys });
    }
  return found;
}

type Imports = Map<string, { from: string; name: string }>;
const imported = new Map<string, Imports>();

/** How a file calls what it imports, and from which file that comes. */
function imports(file: string, source: ts.SourceFile): Imports {
  const known = imported.get(file);
  if (known) return known;
  const found: Imports = new Map();
  imported.set(file, found);
  for (const node of source.statements) {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) continue;
    const place = node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : "";
    const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
    if (!place.startsWith(".") || !named || !(ts.isNamedImports(named) || ts.isNamedExports(named))) continue;
    const at = relative(ROOT, join(ROOT, file, "..", place));
    const from = [`${at}.ts`, `${at}.tsx`, join(at, "index.ts")].find((name) => sources.has(name));
    if (from) for (const each of named.elements) found.set(each.name.text, { from, name: (each.propertyName ?? each.name).text });
  }
  return found;
}

/** What names a word: `d.key`, `d["key"]`, and `d[`start_${any}`]` by its start; a dictionary that is handed on or picked from as a whole by `d[any]` uses all. */
function uses(): Map<string, { keys: Set<string>; starts: Set<string>; whole: boolean }> {
  const found = new Map<string, { keys: Set<string>; starts: Set<string>; whole: boolean }>();
  const at = (id: string) => found.get(id) ?? found.set(id, { keys: new Set(), starts: new Set(), whole: false }).get(id)!;
  for (const [file, source] of sources) {
    const own = imports(file, source);
    for (const node of nodes(source)) {
      if (!ts.isIdentifier(node) || ts.isImportSpecifier(node.parent) || ts.isExportSpecifier(node.parent)) continue;
      if ((ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) || (ts.isVariableDeclaration(node.parent) && node.parent.name === node) || ts.isTypeQueryNode(node.parent)) continue;
      let { from, name } = own.get(node.text) ?? { from: file, name: node.text };
      for (let source = sources.get(from), through = source && imports(from, source).get(name); through; source = sources.get(from), through = source && imports(from, source).get(name)) ({ from, name } = through);
      const use = at(`${from} ${name}`);
      let whole: ts.Node = node;
      while (ts.isParenthesizedExpression(whole.parent) || ts.isAsExpression(whole.parent)) whole = whole.parent;
      const above = whole.parent;
      if (ts.isPropertyAccessExpression(above) && above.expression === whole) use.keys.add(above.name.text);
      else if (ts.isElementAccessExpression(above) && above.expression === whole) {
        let by: ts.Node = above.argumentExpression;
        while (ts.isAsExpression(by) || ts.isParenthesizedExpression(by)) by = by.expression;
        if (ts.isStringLiteralLike(by)) use.keys.add(by.text);
        else if (ts.isTemplateExpression(by) && by.head.text) use.starts.add(by.head.text);
        else use.whole = true;
      } else if (!(ts.isBinaryExpression(above) && above.operatorToken.kind === ts.SyntaxKind.InKeyword)) use.whole = true;
    }
  }
  return found;
}

test("each word of each dictionary is used", () => {
  const used = uses();
  const idle = dictionaries().flatMap(({ file, name, keys }) => {
    const use = used.get(`${file} ${name}`);
    if (use?.whole) return [];
    return keys.filter((key) => !use?.keys.has(key) && ![...(use?.starts ?? [])].some((start) => key.startsWith(start))).map((key) => `${file} ${name}.${key}`);
  });
  expect(idle).toEqual([]);
});

const LETTERS = /\p{L}{2,}/u;
const SAID = new Set(["aria-label", "title", "placeholder", "label", "alt", "description", "extra", "okText", "cancelText", "message"]);
const HAN = /\p{Script=Han}/u;
/** What is written in Chinese outside a dictionary for a reason: characters that a person types, or that the server's text has. */
const READ_NOT_SAID = new Set(["shared/figures.ts"]);

test("no component has a word of its own: neither between its tags nor in what is read out", () => {
  const own: string[] = [];
  for (const [file, source] of sources) {
    const dictionary = /(^|\/)(words?(_\w+)?|titles|common|session)\.ts$|^words\//.test(file);
    for (const node of nodes(source)) {
      const line = () => `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText().trim().slice(0, 60)}`;
      if (ts.isJsxText(node) && LETTERS.test(node.text)) own.push(line());
      if (ts.isJsxAttribute(node) && SAID.has(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer) && LETTERS.test(node.initializer.text)) own.push(line());
      if (!dictionary && !READ_NOT_SAID.has(file) && (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) && HAN.test(node.text)) own.push(line());
    }
  }
  expect(own).toEqual([]);
});

test("each map that comes with the program has its own title for a word", () => {
  const folder = join(ROOT, "../../src/kemiao/data/maps");
  const titles = readdirSync(folder).filter((name) => name.endsWith(".toml")).map((name) => {
    const [, zh, en] = /^title = \{ zh = "(.*?)", en = "(.*?)" \}/m.exec(readFileSync(join(folder, name), "utf-8")) ?? [];
    return [name.replace(".toml", ""), [zh, en]];
  });
  expect(maps).toEqual(Object.fromEntries(titles));
});
