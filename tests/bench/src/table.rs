//! The bench's tables: a row's median beside those of the other rows.

/// A line of a table.
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// Its median in microseconds.
    pub us: f64,
}

impl Row {
    /// A measured row.
    pub fn new(name: &'static str, us: f64) -> Self {
        Self { name, us }
    }
}

/// Prints rows under a title. Rows named as baselines are what those of the same language are
/// compared with.
pub fn print_table(title: &str, rows: &[Row]) {
    println!("{title}, medians on one core in us");
    for row in rows {
        let compared: Vec<String> = baselines(row, rows).map(|base| ratio(row, base)).collect();
        println!(
            "  {:<32} {:>10.2}  {}",
            row.name,
            row.us,
            compared.join(", ")
        );
    }
    println!();
}

/// What people would use instead, or the least that is possible.
const BASELINES: [&str; 4] = ["MCP SDK", "pipe loop", "bare node", "C plugin"];

fn baselines<'r>(row: &Row, rows: &'r [Row]) -> impl Iterator<Item = &'r Row> {
    let is_baseline = |name: &str| BASELINES.iter().any(|base| name.contains(base));
    let language =
        |name: &str| name.contains("Node") || name.contains("node") || name.contains("TypeScript");
    let (own, compare) = (language(row.name), !is_baseline(row.name));
    rows.iter().filter(move |base| {
        let same = base.name.contains("C plugin") || language(base.name) == own;
        compare && is_baseline(base.name) && same
    })
}

fn ratio(row: &Row, base: &Row) -> String {
    if base.name.contains("C plugin") {
        return format!("{:+.2} us to {}", row.us - base.us, base.name);
    }
    format!("{:.2} x {}", row.us / base.us, base.name)
}
