//! `osaurus-bridge new`: a folder with a small plugin that builds and runs at once.

use crate::failure::{Failure, OrFail};
use crate::project;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Files of a template: path and text with `{{name}}`, `{{id}}`, `{{title}}` and `{{suffix}}` to be filled in.
type Template = &'static [(&'static str, &'static str)];

const PYTHON: Template = &[
    (
        "pyproject.toml",
        include_str!("../templates/python/pyproject.toml"),
    ),
    ("main.py", include_str!("../templates/python/main.py")),
    (
        "tests/test_plugin.py",
        include_str!("../templates/python/test_plugin.py"),
    ),
    ("README.md", include_str!("../templates/python/README.md")),
    (".gitignore", include_str!("../templates/python/gitignore")),
];

const TYPESCRIPT: Template = &[
    (
        "package.json",
        include_str!("../templates/typescript/package.json"),
    ),
    (
        "tsconfig.json",
        include_str!("../templates/typescript/tsconfig.json"),
    ),
    (
        "src/main.ts",
        include_str!("../templates/typescript/main.ts"),
    ),
    (
        "test/plugin.test.ts",
        include_str!("../templates/typescript/plugin.test.ts"),
    ),
    (
        "README.md",
        include_str!("../templates/typescript/README.md"),
    ),
    (
        ".gitignore",
        include_str!("../templates/typescript/gitignore"),
    ),
];

const JAVASCRIPT: Template = &[
    (
        "package.json",
        include_str!("../templates/javascript/package.json"),
    ),
    (
        "src/main.js",
        include_str!("../templates/javascript/main.js"),
    ),
    (
        "test/plugin.test.js",
        include_str!("../templates/javascript/plugin.test.js"),
    ),
    (
        "README.md",
        include_str!("../templates/javascript/README.md"),
    ),
    (
        ".gitignore",
        include_str!("../templates/javascript/gitignore"),
    ),
];

/// Where the npm package lies in a new project, until it can be had from npm.
const VENDORED: &str = "vendor/osaurus-plugin.tgz";

/// Languages that `new` knows.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    Python,
    #[value(alias = "ts")]
    Typescript,
    #[value(alias = "js")]
    Javascript,
}

impl Language {
    fn template(self) -> Template {
        match self {
            Language::Python => PYTHON,
            Language::Typescript => TYPESCRIPT,
            Language::Javascript => JAVASCRIPT,
        }
    }

    /// What comes between creating and building.
    fn install(self) -> &'static str {
        match self {
            Language::Python => "",
            Language::Typescript | Language::Javascript => "npm install && ",
        }
    }
}

/// Arguments of `new`.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the plugin and its folder, for example notes
    name: String,
    /// Language to write it in
    #[arg(long, value_enum)]
    lang: Language,
    /// Plugin id [default: dev.example.NAME]
    #[arg(long)]
    id: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = PathBuf::from(&args.name);
    let name = folder
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let id = args
        .id
        .clone()
        .unwrap_or_else(|| format!("dev.example.{}", name.to_lowercase()));
    project::check_id(&id)?;
    if folder.exists() {
        return Err(Failure::new(
            format!("{} exists already and was left as it is", folder.display()),
            "choose another name, or remove that folder",
        ));
    }
    if args.lang != Language::Python {
        let package = std::fs::read(crate::paths::node_package()?)
            .or_fail("cannot read the npm package", "reinstall osaurus-bridge")?;
        write(&folder.join(VENDORED), &package)?;
    }
    for (path, text) in args.lang.template() {
        write(&folder.join(path), fill(text, &name, &id).as_bytes())?;
    }
    println!(
        "created {}\nnext: cd {} && {}osaurus-bridge build && osaurus-bridge invoke dist/{id}{} greet '{{\"name\": \"you\"}}'",
        folder.display(),
        folder.display(),
        args.lang.install(),
        crate::paths::LIBRARY_SUFFIX
    );
    Ok(ExitCode::SUCCESS)
}

fn fill(text: &str, name: &str, id: &str) -> String {
    let title: Vec<String> = name
        .split(['-', '_'])
        .filter(|w| !w.is_empty())
        .map(capitalised)
        .collect();
    text.replace("{{name}}", name)
        .replace("{{id}}", id)
        .replace("{{title}}", &title.join(" "))
        .replace("{{suffix}}", crate::paths::LIBRARY_SUFFIX)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check its permissions",
    )?;
    std::fs::write(path, bytes).or_fail(
        format!("cannot write {}", path.display()),
        "check its permissions",
    )
}
