//! Twenty plugins that were loaded and never called, as a host has them after its start: time and
//! memory, in a process of their own. Used by `samples`.

use crate::Outcome;
use osaurus_direct_host::Plugin;
use std::path::Path;
use std::time::Instant;

const PLUGINS: usize = 20;

/// Prints milliseconds, and megabytes anonymous and resident.
pub fn print(library: &Path) -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("osaurus-idle-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = load_copies(library, &folder);
    std::fs::remove_dir_all(&folder)?;
    let [milliseconds, anonymous, resident] = outcome?;
    println!("{milliseconds} {anonymous} {resident}");
    Ok(())
}

fn load_copies(library: &Path, folder: &Path) -> Outcome<[f64; 3]> {
    let copies: Vec<_> = (0..PLUGINS)
        .map(|number| folder.join(format!("{number}.so")))
        .collect();
    for copy in &copies {
        std::fs::copy(library, copy)?;
    }
    let before = memory()?;
    let start = Instant::now();
    let plugins = copies
        .iter()
        .map(|copy| Plugin::load(copy))
        .collect::<Result<Vec<_>, _>>()?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let after = memory()?;
    drop(plugins);
    let [anonymous, resident] = [0, 1].map(|at| (after[at] - before[at]) / 1024.0);
    Ok([milliseconds, anonymous, resident])
}

/// Kilobytes of this process: anonymous and resident. Zeros where the system does not say.
fn memory() -> Outcome<[f64; 2]> {
    let Ok(text) = std::fs::read_to_string("/proc/self/smaps_rollup") else {
        return Ok([0.0; 2]);
    };
    let kilobytes = |name: &str| -> Outcome<f64> {
        let line = text.lines().find(|line| line.starts_with(name));
        let figure = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(figure
            .ok_or_else(|| format!("no {name} in smaps_rollup"))?
            .parse()?)
    };
    Ok([kilobytes("Anonymous:")?, kilobytes("Rss:")?])
}
