import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

const OUT = process.env.KEMIAO_PAGES_OUT ?? "../src/kemiao/portal/static";

/** The server compresses nothing while it serves: each file lies there compressed, too. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folder = join(resolve(import.meta.dirname, OUT), "assets");
      for (const name of readdirSync(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const content = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** Styles that components add while a page runs carry its nonce. Most are told it by ConfigProvider; those of the scroll lock, of measured
 * scroll bars and of icons outside it are not, so the two modules that make style elements take it from the page. */
function nonced(): Plugin {
  const made = "document.createElement('style')";
  const took = `Object.assign(${made}, { nonce: document.querySelector('meta[name="csp-nonce"]')?.content ?? "" })`;
  return {
    name: "nonced",
    apply: "build",
    transform(code, id) {
      if (!/(@rc-component\/util\/.*dynamicCSS|@ant-design\/icons\/.*cssUtils)\.js$/.test(id)) return undefined;
      if (!code.includes(made)) throw new Error(`${id} makes its style elements otherwise now`);
      return { code: code.replaceAll(made, took), map: null };
    },
  };
}

export default defineConfig({
  plugins: [react(), nonced(), compressed()],
  build: { outDir: OUT, emptyOutDir: true, sourcemap: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 1200 },
  server: { proxy: { "/api": "http://127.0.0.1:8600" } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
