//! A view on a terminal: the grid in colours where there are any, the legend, the reasons, what
//! failed.

use super::view::{Tone, View};
use crate::visible;
use std::fmt::Write;

const CELL: usize = 5;

/// The view as text, with ANSI colours if wanted.
pub fn terminal(view: &View, colours: bool) -> String {
    let paint = Paint(colours);
    let mut out = format!("\n{}\n{}\n\n", paint.bold(&view.title), view.summary);
    grid(&mut out, view, &paint);
    out.push('\n');
    for line in &view.legend {
        let sample = paint.tone(line.tone, &format!("{:>CELL$}", line.sample));
        let _ = writeln!(out, "  {sample}  {}", line.meaning);
    }
    list(&mut out, &paint, "Why", &places(view));
    list(&mut out, &paint, "Failed", &first(&view.failures));
    out
}

/// What one can still read.
fn first(failures: &[String]) -> Vec<String> {
    const MOST: usize = 30;
    let rest = failures.len().saturating_sub(MOST);
    let rest = (rest > 0).then(|| format!("and {rest} more; --json and --html have all"));
    failures.iter().take(MOST).cloned().chain(rest).collect()
}

fn grid(out: &mut String, view: &View, paint: &Paint) {
    let longest =
        |cells: &mut dyn Iterator<Item = &String>| cells.map(|text| text.chars().count()).max();
    let names = longest(&mut view.groups.iter().map(|group| &group.name)).unwrap_or(0);
    let rows = view.groups.iter().flat_map(|group| &group.rows);
    let labels = longest(&mut rows.map(|row| &row.label)).unwrap_or(0);
    let heads = view
        .hosts
        .iter()
        .map(|host| format!("{:>CELL$}", format!("v{host}")));
    let heads = paint.bold(&heads.collect::<String>());
    let _ = writeln!(out, "  {:<names$}  {:<labels$}  {heads}", "", "");
    for group in &view.groups {
        for (number, row) in group.rows.iter().enumerate() {
            let name = if number == 0 { group.name.as_str() } else { "" };
            let cells = row
                .cells
                .iter()
                .map(|cell| paint.tone(cell.tone, &format!("{:>CELL$}", cell.text)));
            let cells: String = cells.collect();
            let (name, label) = (visible::line(name), visible::line(&row.label));
            let _ = writeln!(out, "  {name:<names$}  {label:<labels$}  {cells}");
        }
        if labels > 0 {
            out.push('\n');
        }
    }
}

fn places(view: &View) -> Vec<String> {
    view.notes
        .iter()
        .map(|note| format!("{}  {}", note.place, note.text))
        .collect()
}

fn list(out: &mut String, paint: &Paint, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", paint.bold(title));
    for line in lines {
        let line = visible::lines(line);
        let _ = writeln!(out, "  {}", line.replace('\n', "\n    "));
    }
}

/// Colours, or none.
struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        visible::coloured(text, self.0.then_some(code))
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn tone(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Less => "33",
            Tone::Danger => "35",
            Tone::Off => "2",
            Tone::Bad => "1;31",
        };
        self.with(code, text)
    }
}
