//! `osaurus-bridge new`: a folder with a small plugin that builds and runs at once.

mod from_mcp;
mod native;

use crate::failure::{Failure, OrFail};
use crate::project;
use crate::terminal::say;
use clap::ValueEnum;
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a new plugin needs at least: the first Osaurus with version 6 of the ABI that was looked
/// at, of June 2026.
const OLDEST_OSAURUS: &str = "0.20.3";

/// Files of a template: path and text, both with the words in double braces that `fill` knows.
type Template = &'static [(&'static str, &'static str)];

const PYTHON: Template = &[
    (
        "pyproject.toml",
        include_str!("../../templates/python/pyproject.toml"),
    ),
    ("main.py", include_str!("../../templates/python/main.py")),
    (
        "tests/test_plugin.py",
        include_str!("../../templates/python/test_plugin.py"),
    ),
    (
        "tests/conftest.py",
        include_str!("../../templates/python/conftest.py"),
    ),
    (
        "vendor/project_install.py",
        include_str!("../../templates/python/project_install.py"),
    ),
    (
        "README.md",
        include_str!("../../templates/python/README.md"),
    ),
    ("SKILL.md", include_str!("../../templates/python/SKILL.md")),
    (
        ".gitignore",
        include_str!("../../templates/python/gitignore"),
    ),
];

const TYPESCRIPT: Template = &[
    (
        "package.json",
        include_str!("../../templates/typescript/package.json"),
    ),
    (
        "tsconfig.json",
        include_str!("../../templates/typescript/tsconfig.json"),
    ),
    (
        "src/main.ts",
        include_str!("../../templates/typescript/main.ts"),
    ),
    (
        "test/plugin.test.ts",
        include_str!("../../templates/typescript/plugin.test.ts"),
    ),
    (
        "README.md",
        include_str!("../../templates/typescript/README.md"),
    ),
    (
        "SKILL.md",
        include_str!("../../templates/typescript/SKILL.md"),
    ),
    (
        ".gitignore",
        include_str!("../../templates/typescript/gitignore"),
    ),
];

const JAVASCRIPT: Template = &[
    (
        "package.json",
        include_str!("../../templates/javascript/package.json"),
    ),
    (
        "src/main.js",
        include_str!("../../templates/javascript/main.js"),
    ),
    (
        "test/plugin.test.js",
        include_str!("../../templates/javascript/plugin.test.js"),
    ),
    (
        "README.md",
        include_str!("../../templates/javascript/README.md"),
    ),
    (
        "SKILL.md",
        include_str!("../../templates/javascript/SKILL.md"),
    ),
    (
        ".gitignore",
        include_str!("../../templates/javascript/gitignore"),
    ),
];

const SWIFT: Template = &[
    (
        "Package.swift",
        include_str!("../../templates/swift/Package.swift"),
    ),
    (
        "Sources/{{module}}/{{module}}Plugin.swift",
        include_str!("../../templates/swift/Plugin.swift"),
    ),
    (
        "Tests/{{module}}Tests/{{module}}Tests.swift",
        include_str!("../../templates/swift/PluginTests.swift"),
    ),
    ("README.md", include_str!("../../templates/swift/README.md")),
    ("SKILL.md", include_str!("../../templates/swift/SKILL.md")),
    (
        ".gitignore",
        include_str!("../../templates/swift/gitignore"),
    ),
];

/// Where the npm package is in a new project, until npm has it.
const VENDORED: &str = "vendor/osaurus-plugin.tgz";

/// Where the Swift package is in a new project.
const SWIFT_VENDORED: &str = "vendor/osaurus-plugin-swift";
const TAKEN_MODULES: [&str; 7] = [
    "Dispatch",
    "Foundation",
    "Osaurus",
    "OsaurusPlugin",
    "OsaurusPluginTesting",
    "Swift",
    "Testing",
];
const SWIFT_PACKAGE: &str = include_str!("../../../bridges/swift/Package.swift");
static SWIFT_SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/swift/Sources");

/// Languages that `new` knows.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    Python,
    #[value(alias = "ts")]
    Typescript,
    #[value(alias = "js")]
    Javascript,
    Swift,
    Rust,
    C,
    #[value(alias = "c++")]
    Cpp,
}

impl Language {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn template(self) -> Template {
        match self {
            Language::Python => PYTHON,
            Language::Typescript => TYPESCRIPT,
            Language::Javascript => JAVASCRIPT,
            Language::Swift => SWIFT,
            Language::Rust => native::RUST,
            Language::C => native::C,
            Language::Cpp => native::CPP,
        }
    }

    /// What comes after creating, up to the built library.
    fn build(self) -> &'static str {
        match self {
            Language::Python => "osaurus-bridge build",
            Language::Typescript | Language::Javascript => "npm install && osaurus-bridge build",
            Language::Swift => "swift build -c release",
            Language::Rust => "cargo build --release",
            Language::C => "make",
            Language::Cpp => "cmake -S . -B build && cmake --build build",
        }
    }

    /// Where the build puts the library.
    fn library(self) -> &'static str {
        match self {
            Language::Python
            | Language::Typescript
            | Language::Javascript
            | Language::C
            | Language::Cpp => "dist/{{id}}{{suffix}}",
            Language::Rust => "target/release/lib{{crate}}{{suffix}}",
            Language::Swift => ".build/release/lib{{module}}{{suffix}}",
        }
    }

    /// Puts the SDK into a new project, where it has to be there to build.
    fn vendor(self, folder: &Path) -> Result<(), Failure> {
        match self {
            Language::Python => {
                let wheel = crate::paths::python_package()?;
                let bytes = std::fs::read(&wheel)
                    .or_fail("cannot read the Python SDK", "reinstall osaurus-bridge")?;
                write(
                    &folder.join("vendor").join(crate::paths::PYTHON_WHEEL),
                    &bytes,
                )
            }
            Language::Typescript | Language::Javascript => {
                let package = std::fs::read(crate::paths::node_package()?)
                    .or_fail("cannot read the npm package", "reinstall osaurus-bridge")?;
                write(&folder.join(VENDORED), &package)
            }
            Language::Swift => {
                let package = folder.join(SWIFT_VENDORED);
                write(
                    &package.join("Package.swift"),
                    without_tests(SWIFT_PACKAGE).as_bytes(),
                )?;
                write_all(&package.join("Sources"), &SWIFT_SOURCES)
            }
            Language::Rust => native::vendor_rust(folder),
            Language::C => native::vendor_c(folder),
            Language::Cpp => native::vendor_cpp(folder),
        }
    }
}

/// Arguments of `new`.
#[derive(clap::Args)]
pub struct Args {
    /// Name of the plugin and its folder, for example notes
    name: String,
    /// Language to write it in
    #[arg(long, value_enum, required_unless_present = "from_mcp")]
    lang: Option<Language>,
    /// Plugin id [default: dev.example.NAME]
    #[arg(long)]
    id: Option<String>,
    /// Take over an MCP server: MODULE:SERVER of Python, npm:PACKAGE, or a command in one argument
    #[arg(long, value_name = "TARGET")]
    from_mcp: Option<String>,
    /// Name on PyPI of the server's package [default: that of its module, with dashes]
    #[arg(long, requires = "from_mcp", value_name = "NAME")]
    package: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = PathBuf::from(&args.name);
    let name = check_name(&folder, args)?;
    let id = args
        .id
        .clone()
        .unwrap_or_else(|| format!("dev.example.{}", name.to_lowercase()));
    project::check_id(&id)?;
    if args.lang == Some(Language::Swift) {
        check_module(&name)?;
    }
    if args.lang == Some(Language::Rust) {
        native::check_crate(&name)?;
    }
    if folder.exists() {
        return Err(Failure::new(
            format!("{} exists already and was left as it is", folder.display()),
            "choose another name, or remove that folder",
        ));
    }
    let server = args
        .from_mcp
        .as_deref()
        .map(|target| from_mcp::Project::of(target, args.package.as_deref(), args.lang));
    let server = server.transpose()?;
    let language = match (&server, args.lang) {
        (Some(server), _) => server.language,
        (None, Some(language)) => language,
        (None, None) => unreachable!("clap asks for --lang without --from-mcp"),
    };
    language.vendor(&folder)?;
    let template = server
        .as_ref()
        .map_or(language.template(), |server| server.template);
    for (path, text) in template {
        let path = folder.join(fill(path, &name, &id));
        let text = fill(text, &name, &id);
        let text = server
            .as_ref()
            .map_or(text.clone(), |server| server.fill(&text));
        write(&path, text.as_bytes())?;
    }
    let display = folder.display();
    let (build, library) = (language.build(), fill(language.library(), &name, &id));
    let then = match server {
        Some(_) => format!("inspect {library}"),
        None => format!("invoke {library} greet '{{\"name\": \"you\"}}'"),
    };
    say!("created {display}\nnext: cd {display} && {build} && osaurus-bridge {then}");
    Ok(ExitCode::SUCCESS)
}

fn fill(text: &str, name: &str, id: &str) -> String {
    let title: Vec<String> = name
        .split(['-', '_'])
        .filter(|w| !w.is_empty())
        .map(capitalised)
        .collect();
    text.replace("{{name}}", name)
        .replace("{{module}}", &swift_module(name))
        .replace("{{crate}}", &name.to_lowercase().replace('-', "_"))
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{id}}", id)
        .replace("{{title}}", &title.join(" "))
        .replace("{{skill}}", &name.to_lowercase().replace('_', "-"))
        .replace("{{suffix}}", crate::paths::LIBRARY_SUFFIX)
        .replace("{{sdk_wheel}}", crate::paths::PYTHON_WHEEL)
        .replace("{{min_osaurus}}", OLDEST_OSAURUS)
}

/// The plugin's name, which goes into its project's files and, in lower case, into its id.
fn check_name(folder: &Path, args: &Args) -> Result<String, Failure> {
    let name = folder
        .file_name()
        .unwrap_or(folder.as_os_str())
        .to_string_lossy();
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|one| one.is_ascii_alphanumeric());
    if name.split(['-', '_']).all(is_word) {
        return Ok(name.into_owned());
    }
    let better = folder.with_file_name(better_name(&name));
    let rest = match (&args.from_mcp, args.lang) {
        (Some(target), _) => format!("--from-mcp {target:?}"),
        (None, language) => format!(
            "--lang {}",
            language.map(Language::name).unwrap_or_default()
        ),
    };
    Err(Failure::new(
        format!(
            "{name:?} cannot name a plugin: expected letters (a to z) and digits, joined by - or \
             _, as in my-notes"
        ),
        format!("osaurus-bridge new {} {rest}", better.display()),
    ))
}

/// `my notes` to `my-notes`.
fn better_name(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [] => "my-plugin".into(),
        words => words.join("-"),
    }
}

/// `my-notes` to `MyNotes`.
fn swift_module(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.map(capitalised).collect()
}

/// A module that Swift or the package has already would hide theirs.
fn check_module(name: &str) -> Result<(), Failure> {
    let module = swift_module(name);
    let is_word = module.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_word && !TAKEN_MODULES.contains(&module.as_str()) {
        return Ok(());
    }
    Err(Failure::new(
        format!("{name:?} cannot name a plugin in Swift: its module would be `{module}`"),
        "choose a name that begins with a letter and that no module of Swift or of the package \
         has, such as my-notes",
    ))
}

/// The package's own tests are not handed out.
fn without_tests(package: &str) -> String {
    let lines = package
        .lines()
        .filter(|line| !line.contains(".testTarget("));
    lines.map(|line| format!("{line}\n")).collect()
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

fn write_all(folder: &Path, files: &Dir<'_>) -> Result<(), Failure> {
    for file in files.files() {
        write(&folder.join(file.path()), file.contents())?;
    }
    files.dirs().try_for_each(|inner| write_all(folder, inner))
}
