//! The code in docs/c-and-cpp.md compiles as it stands, with strict warnings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::*;

/// The page's code blocks in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let pieces = page.split(&opening).skip(1);
    pieces
        .map(|piece| piece.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_code_block_compiles() {
    let page = std::fs::read_to_string(root().join("docs/c-and-cpp.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let include = format!("-I{}", root().join("codegen/generated/cpp").display());
    let test_host = format!("-I{}", root().join("codegen/generated/c/v6").display());
    for (language, compilers, standard) in [
        ("c", ["gcc", "clang"], "-std=gnu11"),
        ("cpp", ["g++", "clang++"], "-std=c++20"),
    ] {
        let blocks = blocks(&page, language);
        assert!(!blocks.is_empty(), "blocks in {language}");
        let sources: Vec<String> = blocks
            .iter()
            .enumerate()
            .map(|(at, block)| write(folder.path(), &format!("block{at}.{language}"), block))
            .collect();
        for compiler in compilers.into_iter().filter(|compiler| have(compiler)) {
            let flags = [
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Wconversion",
                "-Wshadow",
                "-Werror",
            ];
            let mut arguments = vec![
                standard,
                &include,
                &test_host,
                "-fvisibility=hidden",
                "-fsyntax-only",
            ];
            arguments.extend(flags);
            arguments.extend(sources.iter().map(String::as_str));
            printed(&run(compiler, &arguments), compiler);
        }
    }
}
