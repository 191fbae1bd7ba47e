//! Records and enumerations by name: that each one exists, and where it is met first.

use crate::target::Error;
use osaurus_abi_spec::model::{Param, Record, Return, Spec};

/// Checks that every name that is used exists, so that no generator meets a hole.
pub fn check(spec: &Spec) -> Result<(), Error> {
    for record in &spec.records {
        check_record(spec, record)?;
    }
    for slot in spec.host_slots().chain(spec.plugin_slots()) {
        check_call(spec, &slot.name, &slot.params, &slot.returns)?;
    }
    for entry in &spec.entries {
        check_call(spec, &entry.symbol, &entry.params, &entry.returns)?;
    }
    Ok(())
}

fn check_record(spec: &Spec, record: &Record) -> Result<(), Error> {
    for field in &record.fields {
        let place = || format!("{}.{}", record.name, field.name);
        for name in field.ty.named() {
            known(spec, name, place)?;
        }
    }
    for name in &record.variants {
        known(spec, name, || record.name.clone())?;
    }
    Ok(())
}

fn check_call(spec: &Spec, call: &str, params: &[Param], returns: &Return) -> Result<(), Error> {
    let of_params = params.iter().filter_map(|param| param.record.as_deref());
    let of_result = [returns.record.as_deref(), returns.error_record.as_deref()];
    for name in of_params.chain(of_result.into_iter().flatten()) {
        known(spec, name, || call.to_owned())?;
    }
    Ok(())
}

fn known(spec: &Spec, name: &str, place: impl Fn() -> String) -> Result<(), Error> {
    if spec.record(name).is_some() || spec.string_enum(name).is_some() {
        return Ok(());
    }
    Err(Error::Undefined {
        name: name.to_owned(),
        place: place(),
    })
}
