//! What a bundle of TypeScript takes along: files beside a module, threads, packages in any layout;
//! and what it warns of.

use osaurus_bridge_tests::project::{Project, text_of};
use osaurus_reference_host::{AgentId, Host};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::Path;

const IMPORT: &str = "import { definePlugin, defineTool } from 'osaurus-plugin';\n";

/// A main module whose tool `t` runs a body.
fn plugin(start: &str, body: &str) -> String {
    format!(
        "{IMPORT}{start}\nexport default definePlugin({{ tools: {{ t: defineTool({{\n\
         description: 'T', permission: 'auto', run: async () => {{ {body} }} }}) }} }});\n"
    )
}

/// Builds a project, calls its tool outside of the project's folder, and gives the result and what
/// the build said.
fn call(project: &Project) -> (Value, String) {
    let output = project.try_build(Path::new("python3"));
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("build --json prints JSON");
    let library = report["library"].as_str().expect("the library");
    let host = Host::builder().agents(["ada"]).build().expect("a host");
    let plugin = host.load(Path::new(library)).expect("the plugin loads");
    let answer = plugin.invoke("t", "{}", Some(AgentId::named("ada")));
    host.shutdown();
    let answer: Value = serde_json::from_str(&answer).expect("an envelope");
    assert_eq!(answer["ok"], true, "{answer}\n{text}");
    (
        answer["result"].clone(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn refused(project: &Project) -> String {
    let output = project.try_build(Path::new("python3"));
    let text = text_of(&output);
    assert!(!output.status.success(), "it was built: {text}");
    text
}

/// Files beside a module, in the ways that they are named, and a package that reads one of its own.
fn with_files(name: &str, start: &str) -> Project {
    let start = format!(
        "{start}import {{ readFileSync }} from 'node:fs';\nimport {{ join }} from 'node:path';\n\
         import {{ createRequire }} from 'node:module';\nimport {{ Worker }} from 'node:worker_threads';\n\
         import packed from 'packed';\nimport {{ place }} from './deep/place';\n\
         const need = createRequire(import.meta.url);\nconst here = import.meta.dirname;\n\
         const four = createRequire(import.meta.url)('./data/four.json');"
    );
    let body = "const read = (path: string | URL) => readFileSync(path, 'utf8').trim();\n\
        const worker = new Worker(new URL('./job.ts', import.meta.url));\n\
        const job = await new Promise((done, failed) => { worker.once('message', done); worker.once('error', failed); });\n\
        return [read(new URL('./one.txt', import.meta.url)), read(join(__dirname, 'data', 'two.txt')), need('./data/three.json').three,\n\
        read(`${here}/data/two.txt`), job, packed(), place(), four.four];";
    Project::typescript(name, &plugin(&start, body))
        .file("src/one.txt", "one")
        .file("src/data/two.txt", "two")
        .file("src/data/three.json", r#"{"three": 3}"#)
        .file("src/data/four.json", r#"{"four": 4}"#)
        .file(
            "src/deep/place.ts",
            "import { readFileSync } from 'node:fs';\nexport const place = \
                                    () => readFileSync(new URL('./own.txt', import.meta.url), \
                                    'utf8') + import.meta.filename.slice(-14);\n",
        )
        .file("src/deep/own.txt", "own ")
        .file(
            "src/job.ts",
            "import { parentPort } from 'node:worker_threads';\nimport { twice } \
                             from './twice';\nparentPort?.postMessage(twice(2));\n",
        )
        .file(
            "src/twice.ts",
            "export const twice = (n: number): number => n * 2;\n",
        )
        .file(
            "node_modules/packed/package.json",
            r#"{"name": "packed", "version": "1.0.0", "main": "lib/index.js"}"#,
        )
        .file(
            "node_modules/packed/lib/index.js",
            "'use strict';\nmodule.exports = () => \
                                                   require('fs').readFileSync(__dirname + \
                                                   '/words.txt', 'utf8');\n",
        )
        .file("node_modules/packed/lib/words.txt", "packed words")
}

#[test]
fn files_that_a_module_names_are_next_to_it_in_both_kinds_of_bundle() {
    for (name, start) in [("named-common", ""), ("named-module", "await null;\n")] {
        let (result, said) = call(&with_files(name, start));
        let expected = json!([
            "one",
            "two",
            3,
            "two",
            4,
            "packed words",
            "own /deep/place.ts",
            4
        ]);
        assert_eq!(result, expected, "{said}");
        assert!(!said.contains("warning"), "{said}");
    }
}

#[test]
fn what_the_build_cannot_follow_is_a_warning_with_its_place_and_files_packs_it() {
    let body = "const name = ['a', 'b'].join('/');\nreturn readFileSync(join(import.meta.dirname, \
                name + '.txt'), 'utf8');";
    let start = "import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';";
    let project = Project::typescript("unnamed", &plugin(start, body)).file("src/a/b.txt", "found");
    let output = project.try_build(Path::new("python3"));
    let text = text_of(&output);
    assert!(
        text.contains("src/main.ts:6: finds files by import.meta.dirname"),
        "{text}"
    );
    assert!(text.contains(r#"name its files in "files""#), "{text}");
    let named = project.settings(r#""main":"#, r#""files": ["src/**/*.txt"], "main":"#);
    let (result, text) = call(&named);
    assert_eq!(result["text"], "found");
    assert!(!text.contains("warning"), "{text}");
    let nothing = named.settings("src/**/*.txt", "src/*.md");
    assert!(refused(&nothing).contains(r#"names \"src/*.md\", and no file is there"#));
}

#[test]
fn a_package_in_another_version_than_the_locks_is_named_with_both() {
    let start = "import packed from 'packed';";
    let project = Project::typescript("locked", &plugin(start, "return packed;"))
        .file(
            "node_modules/packed/package.json",
            r#"{"name": "packed", "version": "1.0.0"}"#,
        )
        .file(
            "node_modules/packed/index.js",
            "module.exports = 'packed';\n",
        );
    for (lock, text, command) in [
        (
            "package-lock.json",
            r#"{"packages": {"node_modules/packed": {"version": "2.0.0"}}}"#,
            "npm ci",
        ),
        (
            "pnpm-lock.yaml",
            "packages:\n\n  packed@2.0.0:\n    resolution: {}\n",
            "pnpm install --frozen",
        ),
        (
            "yarn.lock",
            "packed@^2.0.0:\n  version \"2.0.0\"\n",
            "yarn install",
        ),
    ] {
        let path = project.path().join(lock);
        std::fs::write(&path, text).expect("a written file");
        let output = text_of(&project.try_build(Path::new("python3")));
        let warning =
            format!("node_modules has packed 1.0.0, not 2.0.0 as in {lock}: run {command}");
        assert!(output.contains(&warning), "{output}");
        std::fs::write(&path, text.replace("2.0.0", "1.0.0")).expect("a written file");
        let output = text_of(&project.try_build(Path::new("python3")));
        assert!(!output.contains("has packed"), "{output}");
        std::fs::remove_file(path).expect("a removed file");
    }
}

#[test]
fn what_may_fail_later_is_a_warning() {
    let body = "const twice = { a: 1, a: 2 }; return import(process.argv[9] ?? 'node:fs').then(() \
                => twice.a);";
    let project = Project::typescript("warned", &plugin("import 'kit';\nconst gone = new \
                                                         URL('./gone.txt', import.meta.url);\nvoid \
                                                         gone;", body))
        .file("tsconfig.json", r#"{"compilerOptions": {"experimentalDecorators": true, /* types */ "emitDecoratorMetadata": true}}"#)
        .file("src/kept.ts", "const kept = (_: unknown, __: string) => {};\nexport class Kept \
                              {\n  @kept\n  name = 1;\n}\n")
        .file("node_modules/kit/package.json", r#"{"name": "kit", "version": "1.0.0", "type": "module", "main": "index.js"}"#)
        .file("node_modules/kit/index.js", "import 'osaurus-plugin';\n")
        .file("node_modules/kit/node_modules/osaurus-plugin/package.json", r#"{"name": "osaurus-plugin", "version": "9.0.0", "main": "index.js"}"#)
        .file("node_modules/kit/node_modules/osaurus-plugin/index.js", "throw new Error('the wrong one');\n");
    let main = std::fs::read_to_string(project.path().join("src/main.ts")).expect("the module");
    let project = project.file(
        "src/main.ts",
        &format!("import {{ Kept }} from './kept';\nvoid Kept;\n{main}"),
    );
    let (result, said) = call(&project);
    assert_eq!(result, json!(2));
    for part in [
        "Duplicate key \"a\" in object literal",
        "src/main.ts:8: imports a module whose name is known only when it runs",
        "src/main.ts:5: names ./gone.txt, and there is no such file to pack",
        "src/kept.ts: emitDecoratorMetadata is set in tsconfig.json",
        "node_modules/kit/node_modules/osaurus-plugin is a second copy of osaurus-plugin",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[test]
fn a_plugin_that_tsc_made_a_commonjs_module_of_loads() {
    let main = "\"use strict\";\nObject.defineProperty(exports, '__esModule', { value: true });\n\
        const { definePlugin, defineTool } = require('osaurus-plugin');\n\
        exports.default = definePlugin({ tools: { t: defineTool({ description: 'T', run: () => 'compiled' }) } });\n";
    let project = Project::typescript("compiled", "")
        .file("lib/main.cjs", main)
        .settings("src/main.ts", "lib/main.cjs");
    assert_eq!(call(&project).0["text"], "compiled");
}

/// pnpm installs links into a store where each package's dependencies are beside it.
#[test]
fn external_packages_are_packed_from_the_layout_of_pnpm() {
    let store = "node_modules/.pnpm";
    let package = |name: &str, needs: &str| {
        format!(
            r#"{{"name": "{name}", "version": "1.0.0", "main": "index.js", "dependencies": {{{needs}}}}}"#
        )
    };
    let project = Project::typescript(
        "stored",
        &plugin("import outer from 'outer';", "return outer();"),
    )
    .settings(r#""main":"#, r#""external": ["outer"], "main":"#)
    .file(
        &format!("{store}/outer@1.0.0/node_modules/outer/package.json"),
        &package("outer", r#""inner": "2", "@s/old": "1""#),
    )
    .file(
        &format!("{store}/outer@1.0.0/node_modules/outer/index.js"),
        "module.exports = () => [require('inner'), require('@s/old')];\n",
    )
    .file(
        &format!("{store}/inner@2.0.0/node_modules/inner/package.json"),
        &package("inner", ""),
    )
    .file(
        &format!("{store}/inner@2.0.0/node_modules/inner/index.js"),
        "module.exports = 'inner 2';\n",
    )
    .file(
        &format!("{store}/inner@1.0.0/node_modules/inner/package.json"),
        &package("inner", ""),
    )
    .file(
        &format!("{store}/inner@1.0.0/node_modules/inner/index.js"),
        "module.exports = 'inner 1';\n",
    )
    .file(
        &format!("{store}/@s+old@1.0.0/node_modules/@s/old/package.json"),
        &package("@s/old", r#""inner": "1""#),
    )
    .file(
        &format!("{store}/@s+old@1.0.0/node_modules/@s/old/index.js"),
        "module.exports = 'old with ' + require('inner');\n",
    );
    let at = |path: &str| project.path().join(path);
    std::fs::create_dir_all(at(&format!("{store}/outer@1.0.0/node_modules/@s"))).expect("a folder");
    for (target, link) in [
        (
            ".pnpm/outer@1.0.0/node_modules/outer",
            "node_modules/outer".to_owned(),
        ),
        (
            "../../inner@2.0.0/node_modules/inner",
            format!("{store}/outer@1.0.0/node_modules/inner"),
        ),
        (
            "../../../@s+old@1.0.0/node_modules/@s/old",
            format!("{store}/outer@1.0.0/node_modules/@s/old"),
        ),
        (
            "../../inner@1.0.0/node_modules/inner",
            format!("{store}/@s+old@1.0.0/node_modules/inner"),
        ),
    ] {
        symlink(target, at(&link)).expect("a link");
    }
    assert_eq!(call(&project).0, json!(["inner 2", "old with inner 1"]));
}

#[test]
fn advice_names_the_package_manager_of_the_project() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let project = Project::typescript("moved", &plugin("", "return 1;"));
    std::fs::create_dir(elsewhere.path().join("src")).expect("a folder");
    for file in ["package.json", "src/main.ts"] {
        std::fs::copy(project.path().join(file), elsewhere.path().join(file)).expect("a copy");
    }
    for (file, says) in [
        ("pnpm-lock.yaml", "pnpm install"),
        (".pnp.cjs", "nodeLinker: node-modules"),
    ] {
        std::fs::write(elsewhere.path().join(file), "").expect("a file");
        let output = osaurus_bridge_tests::project::bridge()
            .arg("build")
            .arg(elsewhere.path())
            .output();
        let text = text_of(&output.expect("it runs"));
        assert!(text.contains(says), "{says:?} is not in {text}");
    }
}
