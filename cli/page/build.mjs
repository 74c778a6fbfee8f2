// Builds dist/ from the sources; with --check it compares instead of writing, and fails where they differ.
import { build } from "esbuild";
import { readFile, readdir, writeFile, mkdir } from "node:fs/promises";

const check = process.argv.includes("--check");
const result = await build({
  entryPoints: { app: "src/main.ts", "app-style": "src/style/app.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  legalComments: "none",
  charset: "utf8",
  write: false,
  logLevel: "warning",
});

const files = new Map(result.outputFiles.map((file) => [file.path.split("/").pop(), file.text]));
files.set("app.css", files.get("app-style.css"));
files.delete("app-style.css");
for (const name of ["index.html", "icon.svg"]) files.set(name, await readFile(`src/${name}`, "utf8"));

const licenses = await notices();
files.set("THIRD-PARTY.txt", licenses);

const differing = [];
await mkdir("dist", { recursive: true });
for (const [name, text] of files) {
  if (check) {
    const built = await readFile(`dist/${name}`, "utf8").catch(() => "");
    if (built !== text) differing.push(name);
  } else {
    await writeFile(`dist/${name}`, text);
  }
}
for (const name of await readdir("dist")) if (!files.has(name)) differing.push(`${name} (made by nothing)`);
if (differing.length > 0) {
  console.error(`cli/page/dist is not what the sources give: ${differing.join(", ")}; run npm run build in cli/page`);
  process.exit(1);
}

// The licences of what is bundled, as the libraries ask.
async function notices() {
  const lock = JSON.parse(await readFile("package-lock.json", "utf8"));
  const bundled = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.dev !== true);
  const parts = [];
  for (const [path, entry] of bundled) {
    const text = await readFile(`${path}/LICENSE`, "utf8");
    parts.push(`${path.replace("node_modules/", "")} ${entry.version}\n\n${text.trim()}\n`);
  }
  return `The page of tta serve holds these libraries.\n\n${parts.join("\n----\n\n")}`;
}
