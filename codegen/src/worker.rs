//! The numbers of the worker protocol for the two languages that have workers. What the Rust side
//! needs is part of its tables.

use crate::{names, phrases, target::Error};
use askama::Template;
use osaurus_abi_spec::model::{Spec, WorkerConstant};

const PYTHON_FILE: &str = "_worker/messages.py";
const TYPESCRIPT_FILE: &str = "worker/messages.ts";

#[derive(Template)]
#[template(path = "worker.py.txt", escape = "none")]
struct Python {
    notice: String,
    constants: Vec<Constant>,
}

#[derive(Template)]
#[template(path = "worker.ts.txt", escape = "none")]
struct TypeScript {
    notice: String,
    messages: Vec<Constant>,
    ready: Vec<Constant>,
    limits: Vec<Constant>,
}

struct Constant {
    name: String,
    value: i64,
    doc: String,
}

/// Path below the package, and text.
pub fn python(spec: &Spec) -> Result<(String, String), Error> {
    let ready_name = |name: &str| format!("READY_{}", names::screaming(name));
    let messages = spec.worker_messages.iter();
    let ready = spec.worker_ready.iter();
    let limits = spec.worker_limits.iter();
    let module = Python {
        notice: phrases::notice("osaurus-bridge gen python"),
        constants: messages
            .map(|one| constant(one, names::screaming))
            .chain(ready.map(|one| constant(one, ready_name)))
            .chain(limits.map(|one| constant(one, names::screaming)))
            .collect(),
    };
    rendered(PYTHON_FILE, module.render())
}

/// Path below the package's sources, and text.
pub fn typescript(spec: &Spec) -> Result<(String, String), Error> {
    let messages = spec.worker_messages.iter();
    let ready = spec.worker_ready.iter();
    let limits = spec.worker_limits.iter();
    let module = TypeScript {
        notice: phrases::notice("osaurus-bridge gen typescript"),
        messages: messages
            .map(|one| constant(one, names::upper_camel))
            .collect(),
        ready: ready.map(|one| constant(one, names::upper_camel)).collect(),
        limits: limits.map(|one| constant(one, names::screaming)).collect(),
    };
    rendered(TYPESCRIPT_FILE, module.render())
}

fn constant(constant: &WorkerConstant, name: impl Fn(&str) -> String) -> Constant {
    Constant {
        name: name(&constant.name),
        value: constant.value,
        doc: constant.doc.clone(),
    }
}

fn rendered(file: &'static str, text: askama::Result<String>) -> Result<(String, String), Error> {
    let text = text.map_err(|source| Error::Template { file, source })?;
    Ok((file.to_owned(), text.trim_end().to_owned() + "\n"))
}
