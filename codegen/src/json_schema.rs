//! Being written.
use crate::target::{Error, Files};
use osaurus_abi_spec::model::Spec;
pub fn generate(_spec: &Spec) -> Result<Files, Error> {
    Ok(Files::new())
}
