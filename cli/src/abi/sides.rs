//! The two sides of `abi diff` as people name them: a spec folder, a C header, a version.

use super::compiler;
use super::verify::newest_mentioned;
use crate::failure::{Failure, OrFail};
use osaurus_abi_spec::diff::Surface;
use osaurus_abi_spec::model::{Since, Spec};
use std::path::Path;

/// Both sides. A header is measured by the other side's spec, which may know functions that this
/// program's does not.
pub fn both(old: &str, new: &str) -> Result<(Surface, Surface), Failure> {
    let own = own_spec()?;
    let (before, after) = (Side::of(old)?, Side::of(new)?);
    let reference = [&before, &after].into_iter().find_map(|side| match side {
        Side::Spec(spec) => Some(spec.as_ref().clone()),
        _ => None,
    });
    let reference = reference.unwrap_or_else(|| own.clone());
    Ok((
        before.surface(&own, &reference)?,
        after.surface(&own, &reference)?,
    ))
}

/// This program's spec.
pub fn own_spec() -> Result<Spec, Failure> {
    osaurus_abi_spec::load().map_err(|problems| {
        Failure::new(
            format!("the ABI spec has problems:\n{problems}"),
            "fix the lines named above",
        )
    })
}

/// The spec in a folder, or this program's.
pub fn spec_in(folder: Option<&Path>) -> Result<Spec, Failure> {
    let Some(folder) = folder else {
        return own_spec();
    };
    osaurus_abi_spec::load_dir(folder)
        .map_err(|problems| Failure::new(problems.to_string(), "fix the lines named above"))
}

enum Side<'a> {
    Spec(Box<Spec>),
    Header(&'a Path),
    Version(Since),
}

impl<'a> Side<'a> {
    fn of(text: &'a str) -> Result<Side<'a>, Failure> {
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Side::Spec(Box::new(spec_in(Some(path))?)));
        }
        if path.is_file() {
            return Ok(Side::Header(path));
        }
        let version = text.parse().map(Side::Version);
        version.or_fail(
            format!("{text} is neither a spec folder nor a C header nor a version"),
            "name a folder such as abi-spec/spec, a header, or a version such as v5 or v2d",
        )
    }

    fn surface(&self, own: &Spec, reference: &Spec) -> Result<Surface, Failure> {
        match self {
            Side::Spec(spec) => Ok(Surface::newest(spec)),
            Side::Version(level) => Surface::of(own, level).or_fail("there is no such version", ""),
            Side::Header(path) => {
                let measured = compiler::measure(reference, path)?;
                let numbers = measured.constants.keys();
                let numbers = numbers.filter_map(|name| name.strip_prefix("OSR_ABI_VERSION_"));
                let later = numbers.filter_map(|number| number.parse().ok()).max();
                let mentioned = newest_mentioned(reference, &measured);
                let level = later
                    .map_or(mentioned.clone(), Since::version)
                    .max(mentioned);
                Ok(Surface::of_header(
                    reference,
                    &measured.tables,
                    &measured.constants,
                    level,
                ))
            }
        }
    }
}
