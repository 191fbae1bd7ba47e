// Writes the package.json files that script/build-npm-packages packs, from the SDK's own.
//   node script/npm-manifest.mjs published FILE             adds the launcher and the platforms' packages to FILE
//   node script/npm-manifest.mjs platform FILE OS PROCESSOR prints that of a platform's package
import { readFileSync, writeFileSync } from "node:fs";

const PLATFORMS = ["darwin-arm64", "linux-x64"];
const [kind, file, os, cpu] = process.argv.slice(2);
const sdk = JSON.parse(readFileSync(file, "utf8"));
const nameFor = (platform) => `@osaurus-plugin/cli-${platform}`;

function published() {
  const { devDependencies: _, scripts: __, ...kept } = sdk;
  return {
    ...kept,
    files: [...sdk.files, "bin"],
    bin: { "osaurus-bridge": "bin/osaurus-bridge.js" },
    optionalDependencies: Object.fromEntries(
      PLATFORMS.map((platform) => [nameFor(platform), sdk.version]),
    ),
  };
}

function platform() {
  const { version, license } = sdk;
  const description = `The program osaurus-bridge for ${os} on ${cpu}; comes with osaurus-plugin`;
  const libc = os === "linux" ? { libc: ["glibc"] } : {};
  return {
    name: nameFor(`${os}-${cpu}`),
    version,
    description,
    license,
    os: [os],
    cpu: [cpu],
    ...libc,
    files: ["bin", "lib"],
  };
}

if (kind === "published") writeFileSync(file, `${JSON.stringify(published(), null, 2)}\n`);
else console.log(JSON.stringify(platform(), null, 2));
