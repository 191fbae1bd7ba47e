//! The languages that `new` knows: their names, and the commands of their projects. Used by the
//! other modules of `new`, by `upgrade` and by `test`; knows nothing of files.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A language of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
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
    /// Its name on the command line, which is that of its folder of templates.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What comes after creating, up to the built library.
    pub fn build(self) -> &'static str {
        match self {
            Language::Python => "osaurus-bridge build",
            Language::Typescript | Language::Javascript => "npm install && osaurus-bridge build",
            Language::Swift => "swift build -c release",
            Language::Rust => "cargo build --release",
            Language::C => "make",
            Language::Cpp => "cmake -S . -B build && cmake --build build",
        }
    }

    /// Where the build puts the library, with the words that `fill` knows.
    pub fn library(self) -> &'static str {
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
}
