//! A view as a page of its own: one file without anything to load. The reasons of a cell show when
//! it is pointed at or chosen.

use super::view::View;
use askama::Template;

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page<'a> {
    view: &'a View,
}

/// The view as HTML.
///
/// # Errors
/// When the template cannot be filled, which only a bug can bring about.
pub fn page(view: &View) -> Result<String, askama::Error> {
    Page { view }.render()
}
