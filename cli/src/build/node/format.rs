//! The two kinds of files that a bundle can be, each with what the author's code expects of the other. Used by `bundle`.

/// A kind of file.
pub struct Format {
    /// The bundle's name.
    pub main: &'static str,
    /// Arguments for esbuild.
    pub options: &'static [&'static str],
    /// What the bundle begins with.
    pub banner: &'static str,
}

/// Authors write modules: strict, and with `import.meta`.
pub const COMMON_JS: Format = Format {
    main: "main.cjs",
    options: &["--format=cjs", "--define:import.meta=osaurusMeta"],
    banner: "\"use strict\"; const osaurusMeta = { dirname: __dirname, filename: __filename, \
             url: require('node:url').pathToFileURL(__filename).href, \
             resolve: (name) => new URL(name, osaurusMeta.url).href };",
};

/// Bundled CommonJS packages ask for Node's modules with `require`.
pub const ES_MODULE: Format = Format {
    main: "main.mjs",
    options: &["--format=esm"],
    banner: "import { createRequire as osaurusRequire } from 'node:module'; \
             const require = osaurusRequire(import.meta.url);",
};
