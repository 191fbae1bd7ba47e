//! Hostile arguments and schemas end soon and on a small stack.
use crate::ArgumentSchema;
use serde_json::{Value, json};

/// What a dispatch thread of macOS has.
const SMALL_STACK: usize = 512 << 10;

/// On a small stack, as a host calls.
fn outcome(schema: &Value, payload: String) -> Result<String, String> {
    let schema = ArgumentSchema::compile(Some(schema)).unwrap();
    let check = move || {
        let arguments = schema.check(&payload).map_err(|refusal| refusal.message)?;
        Ok(arguments.payload.into_owned())
    };
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    thread.spawn(check).unwrap().join().unwrap()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn the_deepest_arguments_fit_a_small_stack() {
    let tree = json!({
        "$defs": {"t": {"anyOf": [{"type": "integer"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/t"}}]}},
        "$ref": "#/$defs/t",
    });
    let deep = nested(r#"{"a":"#, "1", "}", 100);
    assert_eq!(outcome(&tree, deep.clone()), Ok(deep));
    let wrong = outcome(&tree, nested(r#"{"a":"#, "true", "}", 100)).unwrap_err();
    assert!(wrong.contains("must be"), "{wrong}");
    let too_deep = outcome(&tree, nested(r#"{"a":"#, "1", "}", 200)).unwrap_err();
    assert!(too_deep.contains("recursion limit"), "{too_deep}");
}

#[test]
fn schemas_that_go_deeper_than_the_value_are_stopped() {
    let mut schema = json!({"$ref": "#/$defs/d0", "$defs": {}});
    for level in 0..2_000 {
        let next = format!("#/$defs/d{}", level + 1);
        schema["$defs"][format!("d{level}")] = json!({"$ref": next});
    }
    schema["$defs"]["d2000"] = json!({"type": "object"});
    let message = outcome(&schema, "{}".into()).unwrap_err();
    assert!(
        message.contains("smaller and less deeply nested"),
        "{message}"
    );
}

/// Without a bound this would not end: two to the power of sixty branches.
#[test]
fn nested_unions_do_not_multiply() {
    let schema = json!({
        "$defs": {"t": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/t"}, "maxItems": 1},
            {"type": "array", "items": {"$ref": "#/$defs/t"}, "minItems": 1},
            {"type": "boolean"},
        ]}},
        "properties": {"v": {"$ref": "#/$defs/t"}},
    });
    let payload = format!(r#"{{"v":{}}}"#, nested("[", r#""x""#, "]", 60));
    outcome(&schema, payload).unwrap_err();
}
