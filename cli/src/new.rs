//! `osaurus-bridge new`: a folder with a small plugin that builds and runs at once.

use crate::failure::{Failure, OrFail};
use crate::project;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Files of the Python template; `{{name}}`, `{{id}}` and `{{title}}` are filled in.
const PYTHON: [(&str, &str); 5] = [
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

/// Languages that `new` knows.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Python,
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
    let files = match args.lang {
        Language::Python => PYTHON,
    };
    for (path, text) in files {
        write(&folder.join(path), &fill(text, &name, &id))?;
    }
    println!(
        "created {}\nnext: cd {} && osaurus-bridge build && osaurus-bridge invoke dist/{id}{} greet '{{\"name\": \"you\"}}'",
        folder.display(),
        folder.display(),
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

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check its permissions",
    )?;
    std::fs::write(path, text).or_fail(
        format!("cannot write {}", path.display()),
        "check its permissions",
    )
}
