// Make admin_ui/static/homeward.css: the compiled part of USWDS with its colours turned into the house's custom properties,
// so that it has a dark side, and homeward.css over it; and bring the vendored scripts. `make styles` runs this.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const target = (name) => here(`../admin_ui/static/${name}`);
const packages = here("node_modules/@uswds/uswds/packages");

const compiled = sass.compile(here("uswds.scss"), { loadPaths: [packages], quietDeps: true, logger: sass.Logger.silent });

// Where a colour stands says what it is for: white letters lie on a button, a white ground is a card.
const GROUND = { "#1b1b1b": "ink", "#0f6460": "go", "#0b4b3f": "go-hover", "#123131": "go-hover", "#f0f0f0": "sunk", "#dfe1e2": "line",
  "#c9c9c9": "line", "#e6e6e6": "sunk", "#f4e3db": "bad-bg", "#ecf3ec": "good-bg", "#faf3d1": "warn-bg", "#e7f6f8": "info-bg",
  "#e1f3f8": "bad-bg", "#b50909": "bad", "#d83933": "bad", "#8b0a03": "bad", "#9c3d10": "bad", "white": "card", "#fff": "card", "#3d4551": "soft", "#565c65": "soft" };
const INK = { "#1b1b1b": "ink", "#0f6460": "go", "#0b4b3f": "go-hover", "#123131": "go-hover", "#54278f": "link", "#b50909": "bad", "#d54309": "bad",
  "#8b0a03": "bad", "#9c3d10": "bad", "#00a91c": "good", "#ffbe2e": "warn", "#00bde3": "info", "#e66f0e": "focus", "#fa9441": "focus", "#c05600": "focus",
  "#dfe1e2": "line", "#c9c9c9": "line", "#a9aeb1": "line", "#f0f0f0": "go-ink", "#e6e6e6": "line", "white": "go-ink", "#fff": "go-ink" };
const COLOUR = /#[0-9a-f]{3,8}\b|\bwhite\b/gi;

const mapped = compiled.css
  .replace(/@charset[^;]*;/g, "")
  .replace(/@font-face\s*{[^}]*}/g, "")
  .replace(/^\s*[\w-]+:[^;{}]*url\([^;{}]*;\s*$/gm, "")
  .replace(/([\w-]+):([^;{}]+);/g, (whole, property, value) => {
    const names = /background|fill/.test(property) ? GROUND : INK;
    return `${property}:${value.replace(COLOUR, (hex) => `var(--${names[hex.toLowerCase()] ?? (names === GROUND ? "sunk" : "soft")})`)};`;
  })
  .replace(/\/\*[\s\S]*?\*\//g, "")
  .replace(/rgba\(15, 100, 96, 0\.1\)/g, "var(--sunk)");

// Pages made of elements only: what no page names is not served.
const small = sass.compileString(mapped, { style: "compressed", logger: sass.Logger.silent }).css.replace(/^\uFEFF/, "")
  .replace(/@supports\([^{]*url\([^{]*\{([^{}]*\{[^{}]*\})*\}/g, "")
  .replace(/(?<=[{;])[\w-]+:[^;{}]*url\([^)]*\)[^;{}]*;?/g, "");
const ours = sass.compileString(readFileSync(here("homeward.css"), "utf8"), { style: "compressed", syntax: "css" }).css.replace(/^\uFEFF/, "");
writeFileSync(target("homeward.css"), `/* U.S. Web Design System 3.14 (public domain), the part in use; then Homeward's own. Made by make styles. */\n@layer uswds{${small}}\n${ours}\n`);

// One file: htmx looks at the page a moment after it has run, and an extension that came later would be too late for it.
const scripts = ["dist/htmx.min.js", "dist/ext/hx-sse.min.js"].map((from) =>
  readFileSync(here(`node_modules/htmx.org/${from}`), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
writeFileSync(target("htmx.js"), scripts.join(";\n"));
