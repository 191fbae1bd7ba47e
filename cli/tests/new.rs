//! `osaurus-bridge new`: names that no plugin can have. Projects that it makes are built and run by
//! the end-to-end tests.

mod support;

use support::run;

#[test]
fn a_name_that_does_not_do_is_shown_with_one_that_does() {
    let folder = tempfile::tempdir().unwrap();
    for (name, shown, better) in [
        ("my plugin", "my plugin", "my-plugin"),
        ("sub/Größe 2", "Größe 2", "sub/Gr-e-2"),
        ("notes-", "notes-", "notes"),
        ("_", "_", "my-plugin"),
        ("..", "..", "../my-plugin"),
    ] {
        let (code, out, err) = run(folder.path(), &["new", name, "--lang", "python"]);
        let expected = format!(
            "error: {shown:?} cannot name a plugin: expected letters (a to z) and digits, joined by - or _, as in my-notes\n  \
             try: osaurus-bridge new {better} --lang python\n"
        );
        assert_eq!((code, out.as_str(), err.as_str()), (1, "", &*expected));
    }
    let id = ["new", "my plugin", "--lang", "swift", "--id", "dev.me.mine"];
    let (code, _, err) = run(folder.path(), &id);
    assert!(
        code == 1 && err.contains("\"my plugin\" cannot name a plugin"),
        "{err}"
    );
    let count = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(count, 0, "nothing is made");
}

#[test]
fn a_target_that_is_not_a_server_is_told_with_the_forms_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |args: &[&str]| {
        let (code, _, err) = run(folder.path(), &[&["new", "x"], args].concat());
        assert!(code != 0);
        err
    };
    assert_eq!(
        fails(&["--from-mcp", "a-b:c"]),
        "error: --from-mcp a-b:c: no server is known by that name\n  \
         try: write a server of Python (mcp_server_time:serve, or a file: server.py:mcp), an npm package (npm:NAME or @SCOPE/NAME), or a command in one argument (\"uvx mcp-server-time\")\n"
    );
    assert_eq!(
        fails(&["--from-mcp", "a:b", "--lang", "typescript"]),
        "error: --from-mcp a:b: that server is included by a plugin in python\n  \
         try: leave --lang out, or write --lang python\n"
    );
    assert_eq!(
        fails(&["--from-mcp", "a b", "--lang", "swift"]),
        "error: --from-mcp \"a b\": a command is included by Python or JavaScript\n  \
         try: write --lang python or --lang javascript\n"
    );
    assert_eq!(
        fails(&["--from-mcp", "sub/mine.py:mcp"]),
        "error: --from-mcp sub/mine.py:mcp: sub/mine.py does not exist\n  \
         try: name the file that has the server\n"
    );
    assert!(fails(&[]).contains("--lang"));
    assert!(!folder.path().join("x").exists(), "nothing is made");
}

fn read(folder: &std::path::Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_default()
}

#[test]
fn a_new_project_has_a_guide_a_workflow_and_documents_with_its_names() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["c", "cpp", "rust", "swift"] {
        let name = format!("my-{language}");
        let (code, _, err) = run(folder.path(), &["new", &name, "--lang", language]);
        assert_eq!(code, 0, "{err}");
        let project = folder.path().join(&name);
        for file in [
            "AGENTS.md",
            "README.md",
            "SKILL.md",
            ".github/workflows/test.yml",
        ] {
            let text = read(&project, file);
            assert!(!text.is_empty(), "{language} has no {file}");
            assert!(
                !text.contains("{{name}}") && !text.contains("{{id}}"),
                "{file}: {text}"
            );
        }
        assert!(read(&project, "AGENTS.md").contains(&format!("`dev.example.{name}`")));
        assert!(read(&project, ".github/workflows/test.yml").contains("osaurus-bridge test\n"));
    }
}

#[test]
fn a_page_comes_by_choice_with_its_route_in_every_language_that_compiles_itself() {
    let folder = tempfile::tempdir().unwrap();
    let sources = [
        ("c", "main.c", ".handle_route"),
        ("cpp", "main.cpp", ".routes"),
        ("rust", "src/lib.rs", "fn handle_route"),
        ("swift", "Sources/MySwift/MySwiftPlugin.swift", "var routes"),
    ];
    for (language, source, route) in sources {
        let files = |more: &[&str]| {
            let name = format!("my-{language}");
            let new = ["new", &name, "--lang", language];
            let (code, _, err) = run(folder.path(), &[&new[..], more].concat());
            assert_eq!(code, 0, "{err}");
            let project = folder.path().join(name);
            let page = read(&project, "web/index.html");
            let text = ["README.md", source].map(|file| read(&project, file));
            std::fs::remove_dir_all(project).unwrap();
            (page, text.concat())
        };
        let (page, text) = files(&["--web"]);
        let script = format!("/plugins/dev.example.my-{language}/ui/app.js");
        assert!(page.contains(&script), "{page}");
        assert!(text.contains(route), "{text}");
        assert!(!text.contains("web}}"), "{text}");
        let (page, text) = files(&[]);
        assert_eq!(page, "");
        assert!(!text.contains(route), "{text}");
        assert!(!text.contains("web}}"), "{text}");
    }
}
