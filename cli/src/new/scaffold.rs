//! The files of a project: templates with their words filled in, and the SDK of the language. `new`
//! writes them, `upgrade` compares them with what is there; neither is known here.

use super::language::Language;
use super::names;
use super::vendor::{self, Files};
use crate::failure::Failure;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a new plugin needs at least: the first Osaurus with version 6 of the ABI that was looked
/// at, of June 2026.
const OLDEST_OSAURUS: &str = "0.20.3";
/// A folder for each language and each choice, with the project's files at their places.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
/// Before lines of projects with a page, and before lines of those without; the marks are comments
/// of the language.
const WEB: [&str; 2] = ["{{web}}", "{{^web}}"];
/// After such lines.
const WEB_END: &str = "{{/web}}";

/// What a project was asked to be. Its record keeps this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaffold {
    /// The plugin's name, checked.
    pub name: String,
    /// Its id, checked.
    pub id: String,
    /// What it is written in.
    pub language: Language,
    /// Whether it has a page.
    #[serde(default)]
    pub web: bool,
    /// The MCP server that it takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
}

/// An MCP server in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// As the author wrote it.
    pub target: String,
    /// What stands for `{{mcp_NAME}}` in the templates.
    pub words: BTreeMap<String, String>,
}

impl Scaffold {
    /// All files. Later layers replace files of the same path.
    pub fn files(&self) -> Result<Files, Failure> {
        let mut files = vendor::files(self.language)?;
        for layer in self.layers() {
            if let Some(folder) = TEMPLATES.get_dir(&layer) {
                self.add(folder, &layer, &mut files);
            }
        }
        Ok(files)
    }

    /// Where the build puts the library.
    pub fn library(&self) -> String {
        self.fill(self.language.library())
    }

    fn layers(&self) -> Vec<String> {
        let language = self.language.name();
        let mut layers = vec!["common".to_owned()];
        if matches!(self.language, Language::Typescript | Language::Javascript) {
            layers.push("node".to_owned());
        }
        layers.push(language.clone());
        if self.web {
            layers.push("web/common".to_owned());
            layers.push(format!("web/{language}"));
        }
        if self.server.is_some() {
            layers.push("from-mcp/common".to_owned());
            layers.push(format!("from-mcp/{language}"));
        }
        layers
    }

    fn add(&self, folder: &Dir<'_>, layer: &str, files: &mut Files) {
        for file in folder.files() {
            let path = file.path().strip_prefix(layer).unwrap_or(file.path());
            let path = self.fill(&with_dots(&path.to_string_lossy()));
            let bytes = match file.contents_utf8() {
                Some(text) => self.fill(&self.chosen(text)).into_bytes(),
                None => file.contents().to_vec(),
            };
            files.insert(path, bytes);
        }
        for inner in folder.dirs() {
            self.add(inner, layer, files);
        }
    }

    /// The lines that the project has.
    fn chosen(&self, text: &str) -> String {
        let (mut is_there, mut was_end) = (true, false);
        let mut lines = String::new();
        for line in text.split_inclusive('\n') {
            let [is_web, is_plain] = WEB.map(|mark| line.contains(mark));
            let is_end = line.contains(WEB_END);
            // One blank line of the two that were around the mark.
            let is_second_blank = was_end && line == "\n" && lines.ends_with("\n\n");
            if is_web || is_plain || is_end {
                is_there = is_end || is_web == self.web;
            } else if is_there && !is_second_blank {
                lines.push_str(line);
            }
            was_end = is_end;
        }
        match text.contains(WEB[0]) {
            true => format!("{}\n", lines.trim_end()),
            false => lines,
        }
    }

    fn fill(&self, text: &str) -> String {
        let name = self.name.as_str();
        let words = [
            ("name", name.to_owned()),
            ("id", self.id.clone()),
            ("title", names::title(name)),
            ("module", names::module(name)),
            ("crate", names::crate_name(name)),
            ("skill", name.to_lowercase().replace('_', "-")),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("suffix", crate::paths::LIBRARY_SUFFIX.to_owned()),
            ("sdk_wheel", crate::paths::PYTHON_WHEEL.to_owned()),
            ("min_osaurus", OLDEST_OSAURUS.to_owned()),
        ];
        let mut text = text.to_owned();
        for (word, value) in words {
            text = text.replace(&format!("{{{{{word}}}}}"), &value);
        }
        let Some(server) = &self.server else {
            return text;
        };
        text = text.replace("{{mcp_target}}", &server.target);
        let words = server.words.iter();
        words.fold(text, |text, (word, value)| {
            text.replace(&format!("{{{{mcp_{word}}}}}"), value)
        })
    }
}

/// Templates have no names with a dot in front, which would count in this repository too.
fn with_dots(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "gitignore" => ".gitignore",
        "github" => ".github",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
