//! A server of Python that is not on PyPI but in the folder where `new` is called: its modules come into
//! the project, with what they need. Used by `from_mcp`; what a project looks like is not known here.

use crate::failure::{Failure, OrFail};
use crate::walk::{self, Links};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the modules of a project are.
const ROOTS: [&str; 2] = ["", "src"];
/// What a server's modules import, and the package that has it.
const PACKAGES: [(&str, &str); 3] = [
    ("mcp.server.mcpserver", "mcp>=2"),
    ("mcp", "mcp<2"),
    ("fastmcp", "fastmcp"),
];
/// Folders of a package that are made of it.
const MADE: [&str; 2] = ["__pycache__", ".git"];

/// The modules of a server, and its packages.
pub struct LocalServer {
    /// A file or a folder for each module that is in the folder too.
    pub modules: Vec<PathBuf>,
    /// As pyproject.toml lists them.
    pub dependencies: Vec<String>,
}

/// The server's module and the modules beside it that it imports; none where it is not in `folder`.
pub fn find(folder: &Path, module: &str) -> Result<Option<LocalServer>, Failure> {
    let top = module.split('.').next().unwrap_or(module);
    let Some(root) = ROOTS
        .map(|root| folder.join(root))
        .into_iter()
        .find(|root| place(root, top).is_some())
    else {
        return Ok(None);
    };
    if top == "main" {
        return Err(Failure::new(
            "main.py of the server would be in the place of the plugin's own main.py",
            "rename it, to server.py for example, and write --from-mcp server:NAME",
        ));
    }
    let (mut modules, mut imported) = (Vec::new(), BTreeSet::new());
    let mut open = vec![top.to_owned()];
    while let Some(name) = open.pop() {
        let Some(path) = place(&root, &name).filter(|path| !modules.contains(path)) else {
            continue;
        };
        for source in sources(&path)? {
            let names = imports(&read(&source)?);
            open.extend(names.iter().map(|name| top_of(name).to_owned()));
            imported.extend(names);
        }
        modules.push(path);
    }
    let dependencies = match declared(folder)? {
        Some(listed) => listed,
        None => packages(&imported),
    };
    Ok(Some(LocalServer {
        modules,
        dependencies,
    }))
}

/// Writes the modules beside the project's own.
pub fn copy(modules: &[PathBuf], project: &Path) -> Result<(), Failure> {
    for module in modules {
        let to = project.join(module.file_name().unwrap_or_default());
        for source in files(module)? {
            let below = source.strip_prefix(module).unwrap_or(&source);
            let target = match below.as_os_str().is_empty() {
                true => to.clone(),
                false => to.join(below),
            };
            let bytes = std::fs::read(&source).or_fail(
                format!("cannot read {}", source.display()),
                "check its permissions",
            )?;
            super::write(&target, &bytes)?;
        }
    }
    Ok(())
}

fn top_of(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// `NAME.py`, or the folder `NAME` with Python in it.
fn place(root: &Path, name: &str) -> Option<PathBuf> {
    let file = root.join(format!("{name}.py"));
    let package = root.join(name);
    if file.is_file() {
        return Some(file);
    }
    package.join("__init__.py").is_file().then_some(package)
}

fn files(module: &Path) -> Result<Vec<PathBuf>, Failure> {
    if module.is_file() {
        return Ok(vec![module.to_path_buf()]);
    }
    let entries = walk::entries_but(module, Links::Followed, |name| MADE.contains(&name)).or_fail(
        format!("cannot read {}", module.display()),
        "check what is in it",
    )?;
    let files = entries.into_iter().filter(|entry| entry.kind.is_file());
    Ok(files.map(|entry| entry.path).collect())
}

fn sources(module: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_python = |path: &PathBuf| path.extension().is_some_and(|end| end == "py");
    Ok(files(module)?.into_iter().filter(is_python).collect())
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).or_fail(
        format!("cannot read {}", path.display()),
        "check its permissions",
    )?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The modules that a source names in its imports, also those inside of functions.
fn imports(source: &str) -> Vec<String> {
    let lines = source.lines().map(str::trim_start);
    let words = lines.filter_map(|line| {
        let from = line.strip_prefix("from ");
        let rest = from.or_else(|| line.strip_prefix("import "))?;
        Some(match from {
            Some(_) => rest.split_whitespace().take(1).collect::<Vec<_>>(),
            None => rest
                .split(',')
                .filter_map(|one| one.split_whitespace().next())
                .collect(),
        })
    });
    words.flatten().map(str::to_owned).collect()
}

/// What the server's own pyproject.toml or requirements.txt lists.
fn declared(folder: &Path) -> Result<Option<Vec<String>>, Failure> {
    let project = folder.join("pyproject.toml");
    if project.is_file() {
        let table: toml::Table = toml::from_str(&read(&project)?).or_fail(
            format!("{} is not understood", project.display()),
            "correct the file",
        )?;
        let listed = table
            .get("project")
            .and_then(|project| project.get("dependencies"))
            .and_then(toml::Value::as_array);
        if let Some(listed) = listed {
            let names = listed.iter().filter_map(toml::Value::as_str);
            return Ok(Some(names.map(str::to_owned).collect()));
        }
    }
    let requirements = folder.join("requirements.txt");
    if !requirements.is_file() {
        return Ok(None);
    }
    let text = read(&requirements)?;
    let lines = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or(line).trim());
    let is_package = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphanumeric());
    Ok(Some(lines.filter(is_package).map(str::to_owned).collect()))
}

/// The packages of MCP that are imported. Others are for the author to add: a module's name need
/// not be its package's.
fn packages(imported: &BTreeSet<String>) -> Vec<String> {
    let is_imported = |module: &str| {
        let inside = format!("{module}.");
        let mut names = imported.iter();
        names.any(|name| name == module || name.starts_with(&inside))
    };
    let newest = is_imported(PACKAGES[0].0);
    let packages = PACKAGES
        .into_iter()
        .filter(|(module, package)| is_imported(module) && !(newest && *package == "mcp<2"));
    packages.map(|(_, package)| package.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            super::super::write(&folder.path().join(path), text.as_bytes()).unwrap();
        }
        folder
    }

    fn names(server: &LocalServer) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        server.modules.iter().map(name).collect()
    }

    #[test]
    fn a_server_comes_with_the_modules_that_it_imports_and_the_packages_of_mcp() {
        let folder = with(&[
            (
                "weather.py",
                "import os, helper\nfrom mcp.server.fastmcp import FastMCP\n",
            ),
            ("helper.py", "def one():\n    from data.table import x\n"),
            ("data/__init__.py", ""),
            ("data/table.py", "import weather\n"),
            ("other.py", ""),
        ]);
        let server = find(folder.path(), "weather").unwrap().unwrap();
        assert_eq!(names(&server), ["weather.py", "helper.py", "data"]);
        assert_eq!(server.dependencies, ["mcp<2"]);
        assert!(find(folder.path(), "nothing").unwrap().is_none());
        let project = tempfile::tempdir().unwrap();
        copy(&server.modules, project.path()).unwrap();
        assert!(project.path().join("data/table.py").is_file());
        assert!(!project.path().join("other.py").exists());
    }

    #[test]
    fn what_a_server_declares_is_taken_as_it_is() {
        let lists = [
            (
                "pyproject.toml",
                "[project]\ndependencies = [\"mcp[cli]>=1.2\", \"six\"]\n",
            ),
            (
                "requirements.txt",
                "# all\nmcp[cli]>=1.2 # newest\n-r more.txt\n\nsix\n",
            ),
        ];
        for list in lists {
            let folder = with(&[("src/weather/__init__.py", "import fastmcp\n"), list]);
            let server = find(folder.path(), "weather.server").unwrap().unwrap();
            assert_eq!(server.dependencies, ["mcp[cli]>=1.2", "six"]);
        }
        let folder = with(&[("s.py", "from mcp.server.mcpserver import MCPServer\n")]);
        assert_eq!(
            find(folder.path(), "s").unwrap().unwrap().dependencies,
            ["mcp>=2"]
        );
    }

    #[test]
    fn a_module_main_is_refused() {
        let folder = with(&[("main.py", "")]);
        assert!(find(folder.path(), "main").is_err());
    }
}
