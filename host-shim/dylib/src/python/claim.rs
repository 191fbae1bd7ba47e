//! Which plugin has the interpreter of this process. Every plugin is a copy of this library with
//! statics of its own, so the answer is kept where all of them see it: in the interpreter, as an
//! attribute of `sys`. Called by `python::start` under the start lock; given back by `embedded`.
//! Knows no script.
use super::cpython::InProcess;
use crate::engine::EngineContext;
use std::ffi::{CStr, CString};

/// Attribute of `sys` with the holder's record. Builds of any age read it: three lines, plugin id,
/// payload folder, state.
const ATTRIBUTE: &CStr = c"_osaurus_plugin";
/// Attribute of `sys` of an interpreter that a shim has started.
const STARTED: &CStr = c"_osaurus_started";
const RUNNING: &str = "running";
const ENDED: &str = "ended";

/// The right to the interpreter, until dropped. The same plugin can take it again later, no other
/// plugin can: its modules would meet those that are still there.
pub struct Claim {
    python: InProcess,
    plugin: String,
    root: String,
}

/// Whether this plugin can have the interpreter, which runs.
///
/// # Errors
/// A sentence that says who has it.
pub fn check(python: &InProcess, context: &EngineContext) -> Result<(), String> {
    let Some(record) = python.attached(|| read(python)) else {
        return Ok(());
    };
    let root = context.root.to_string_lossy();
    let mut lines = record.lines();
    let holder = [lines.next(), lines.next(), lines.next()];
    let who = holder[0].unwrap_or("another plugin");
    match holder {
        [Some(id), Some(its), Some(ENDED)] if id == context.plugin_id && its == root => Ok(()),
        [Some(id), Some(its), _] if id == context.plugin_id && its == root => Err(format!(
            "this plugin has the Python of this process already, in a copy or an earlier life that \
             has not ended ({who})"
        )),
        [Some(id), ..] if id == context.plugin_id => Err(format!(
            "another build of this plugin ({who}) has had the Python of this process; restart the \
             application"
        )),
        [.., Some(ENDED)] => Err(format!(
            "the plugin {who} has had the Python of this process, and its modules are still there"
        )),
        _ => Err(format!(
            "the plugin {who} has the Python of this process, and only one plugin can"
        )),
    }
}

/// Whether a shim has started the interpreter, for a plugin. Otherwise the host is a Python itself,
/// and lends it.
pub fn is_ours(python: &InProcess) -> bool {
    // SAFETY: `attached` holds the GIL; a borrowed reference is only compared.
    python.attached(|| unsafe { !(python.core.sys_get)(STARTED.as_ptr()).is_null() })
}

impl Claim {
    /// Takes the interpreter.
    ///
    /// # Errors
    /// As [`check`].
    pub fn take(python: InProcess, context: &EngineContext) -> Result<Claim, String> {
        check(&python, context)?;
        let claim = Claim {
            python,
            plugin: context.plugin_id.clone(),
            root: context.root.to_string_lossy().into_owned(),
        };
        claim.write(RUNNING);
        Ok(claim)
    }

    /// Gives it back as if it had never been taken: no module was imported.
    pub fn withdraw(self) {
        let python = self.python;
        drop(self);
        // SAFETY: `attached` holds the GIL; NULL deletes the attribute.
        python.attached(|| unsafe {
            (python.core.sys_set)(ATTRIBUTE.as_ptr(), std::ptr::null_mut())
        });
    }

    fn write(&self, state: &str) {
        let record = format!("{}\n{}\n{state}", self.plugin, self.root);
        let Ok(record) = CString::new(record) else {
            return;
        };
        let core = &self.python.core;
        // SAFETY: `attached` holds the GIL; the new string is ours to release after `sys` has taken
        // its own reference.
        self.python.attached(|| unsafe {
            let text = (core.new_string)(record.as_ptr());
            if !text.is_null() {
                (core.sys_set)(ATTRIBUTE.as_ptr(), text);
                (core.release)(text);
            }
        });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.write(ENDED);
    }
}

/// The record. The GIL is held.
fn read(python: &InProcess) -> Option<String> {
    let core = &python.core;
    // SAFETY: the GIL is held by the contract of this function, so the borrowed object and its text
    // stay during the copy.
    unsafe {
        let object = (core.sys_get)(ATTRIBUTE.as_ptr());
        if object.is_null() {
            return None;
        }
        let text = (core.text_of)(object, std::ptr::null_mut());
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}
