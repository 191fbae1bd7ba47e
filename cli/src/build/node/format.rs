//! The two kinds of files that a bundle can be, each with what the author's code expects of the
//! other. Used by `bundle`.

use serde::Serialize;

/// A kind of file.
#[derive(Serialize)]
pub struct Format {
    /// The bundle's name.
    pub main: &'static str,
    /// esbuild's word for it.
    pub format: &'static str,
    /// What the bundle begins with.
    pub banner: String,
}

/// `import.meta`, `__dirname` and `__filename` of each module name the place that it has in the
/// project, below the payload's folder: what is packed beside it is found beside it.
const PLACES: &str = "const osaurusMeta = (name) => { const { dirname, join } = require('node:path'), filename = join(osaurusHome, name), \
     url = require('node:url').pathToFileURL(filename).href; \
     return { dirname: dirname(filename), filename, url, resolve: (to) => /^(\\.{0,2}\\/|[a-z]+:)/i.test(to) ? new URL(to, url).href : \
     require('node:url').pathToFileURL(require('node:module').createRequire(url).resolve(to)).href }; };";

/// Both kinds, the one that Node starts in less time first. Authors write modules: strict, and with
/// `import.meta`.
pub fn formats() -> [Format; 2] {
    let common = "\"use strict\"; const osaurusHome = __dirname;";
    // Bundled CommonJS packages ask for Node's modules with `require`.
    let module = "import { createRequire as osaurusRequire } from 'node:module'; const osaurusRoot = '.'; \
                  const require = osaurusRequire(import.meta.url), osaurusHome = require('node:path').join(\
                  require('node:path').dirname(require('node:url').fileURLToPath(import.meta.url)), osaurusRoot);";
    [
        format("main.cjs", "cjs", common),
        format("main.mjs", "esm", module),
    ]
}

fn format(main: &'static str, format: &'static str, start: &str) -> Format {
    let banner = format!("{start} {PLACES} const osaurusModule = osaurusMeta('{main}');");
    Format {
        main,
        format,
        banner,
    }
}
