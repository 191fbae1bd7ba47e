//! Compares a run with the committed figures, and writes them. Only what means the same on every
//! machine is committed: see `Row::is_comparable`. Used by `main`.

use crate::Outcome;
use crate::rows::Row;
use std::collections::BTreeMap;
use std::path::Path;

/// A median that is so much worse than the committed one has fallen. Runs on a quiet machine differ by less.
const MARGIN: f64 = 1.25;

/// Lines `CORES NAME = FIGURE` by what is before the sign.
fn read(file: &Path) -> Outcome<BTreeMap<String, f64>> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let figure = line
                .rsplit_once(" = ")
                .and_then(|(name, figure)| Some((name.to_owned(), figure.parse().ok()?)));
            figure.ok_or_else(|| {
                format!(
                    "{}: expected `CORES NAME = FIGURE`, found {line:?}",
                    file.display()
                )
                .into()
            })
        })
        .collect()
}

fn key(cores: &str, row: &Row) -> String {
    format!("{cores} {}", row.name)
}

/// Writes the figures of this run in place of earlier ones with as many cores.
pub fn record(file: &Path, cores: &str, rows: &[Row]) -> Outcome<()> {
    let mut figures = read(file)?;
    for row in rows.iter().filter(|row| row.is_comparable()) {
        figures.insert(key(cores, row), row.spread.median);
    }
    let lines = figures
        .iter()
        .map(|(name, figure)| format!("{name} = {figure:.2}\n"));
    Ok(std::fs::write(file, lines.collect::<String>())?)
}

/// Says what fell.
pub fn compare(file: &Path, cores: &str, rows: &[Row]) -> Outcome<()> {
    let fallen = fallen(&read(file)?, cores, rows);
    if fallen.is_empty() {
        println!(
            "nothing fell by more than a quarter since {} was written",
            file.display()
        );
        return Ok(());
    }
    let text = fallen.join("\n  ");
    Err(format!(
        "worse than in {} by more than a quarter:\n  {text}",
        file.display()
    )
    .into())
}

fn fallen(committed: &BTreeMap<String, f64>, cores: &str, rows: &[Row]) -> Vec<String> {
    let comparable = rows.iter().filter(|row| row.is_comparable());
    let messages = comparable.filter_map(|row| {
        let before = committed.get(&key(cores, row))?;
        let now = row.spread.median;
        (now > before * MARGIN).then(|| format!("{}: {now:.2}, committed {before:.2}", row.name))
    });
    messages.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn only_what_fell_by_more_than_a_quarter_is_named() {
        let rows = rows::tests::of(&[
            ("Python worker def", 1.3),
            ("Node worker", 1.2),
            ("first call, Python embedded", 99.0),
        ]);
        let committed = [
            ("1 Python worker def", 1.0),
            ("1 Node worker", 1.0),
            ("1 first call, Python embedded", 1.0),
            ("2 Node worker", 0.1),
        ];
        let committed = committed
            .map(|(name, figure)| (name.to_owned(), figure))
            .into();
        assert_eq!(
            fallen(&committed, "1", &rows),
            ["Python worker def: 1.30, committed 1.00"]
        );
    }

    #[test]
    fn what_is_recorded_is_read_again_beside_what_was_there() {
        let folder = std::env::temp_dir().join(format!("osaurus-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ratios.txt");
        for (cores, figure) in [("1", 2.0), ("2", 3.0), ("1", 1.5)] {
            record(&file, cores, &rows::tests::of(&[("Node worker", figure)])).unwrap();
        }
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(text, "1 Node worker = 1.50\n2 Node worker = 3.00\n");
    }
}
