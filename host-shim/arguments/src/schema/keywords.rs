//! What each keyword must look like, and what becomes of it: the meta-schema in code.
//! Unknown keywords and those that only describe (`title`, `format`, `default`) are passed over.
use super::compiler::Compiler;
use super::document::{Dialect, Home, escaped};
use super::{Condition, Contains, Items, Keyword, Kind, NodeId, Properties, SchemaFault};
use crate::pattern::Pattern;
use serde_json::{Map, Number, Value};

type Read<T> = Result<T, SchemaFault>;

/// The keywords of one schema, those that look at what others left at the end.
pub(super) fn read<'d>(
    compiler: &mut Compiler<'d>,
    map: &'d Map<String, Value>,
    home: &Home,
) -> Read<Vec<Keyword>> {
    let mut reader = Reader {
        compiler,
        map,
        home,
        list: Vec::new(),
    };
    if reader.compiler.dialect() == Dialect::Draft7 && map.contains_key("$ref") {
        reader.references()?;
        return Ok(reader.list);
    }
    reader.values()?;
    reader.strings()?;
    reader.numbers()?;
    reader.arrays()?;
    reader.objects()?;
    reader.references()?;
    reader.combinations()?;
    reader.unevaluated()?;
    Ok(reader.list)
}

pub(super) fn nullable(map: &Map<String, Value>, home: &Home) -> Read<bool> {
    match map.get("nullable") {
        None => Ok(false),
        Some(Value::Bool(nullable)) => Ok(*nullable),
        Some(other) => Err(SchemaFault {
            place: format!("{}/nullable", home.place),
            reason: format!("must be true or false, found {other}"),
        }),
    }
}

struct Reader<'c, 'd, 'h> {
    compiler: &'c mut Compiler<'d>,
    map: &'d Map<String, Value>,
    home: &'h Home,
    list: Vec<Keyword>,
}

impl<'d> Reader<'_, 'd, '_> {
    fn values(&mut self) -> Read<()> {
        if let Some(types) = self.map.get("type") {
            let kinds = match types {
                Value::Array(all) if !all.is_empty() => {
                    all.iter().map(|one| self.kind(one)).collect::<Read<_>>()?
                }
                Value::String(_) => vec![self.kind(types)?],
                other => return self.fault("type", "a type's name or a list of them", other),
            };
            self.list.push(Keyword::Types(kinds));
        }
        if let Some(entries) = self.list("enum")? {
            self.list.push(Keyword::Enum(entries.clone()));
        }
        if let Some(value) = self.map.get("const") {
            self.list.push(Keyword::Const(value.clone()));
        }
        Ok(())
    }

    fn strings(&mut self) -> Read<()> {
        self.count("minLength", Keyword::MinLength)?;
        self.count("maxLength", Keyword::MaxLength)?;
        if let Some(source) = self.text("pattern")? {
            let pattern = self.pattern(source, &["pattern"])?;
            self.list.push(Keyword::Pattern(pattern));
        }
        self.text("format").map(drop)
    }

    fn numbers(&mut self) -> Read<()> {
        self.number("minimum", Keyword::Minimum)?;
        self.number("maximum", Keyword::Maximum)?;
        self.number("exclusiveMinimum", Keyword::ExclusiveMinimum)?;
        self.number("exclusiveMaximum", Keyword::ExclusiveMaximum)?;
        if let Some(value) = self.map.get("multipleOf") {
            if value.as_f64().is_none_or(|factor| factor <= 0.0) {
                return self.fault("multipleOf", "a number above 0", value);
            }
            self.number("multipleOf", Keyword::MultipleOf)?;
        }
        Ok(())
    }

    fn arrays(&mut self) -> Read<()> {
        self.count("minItems", Keyword::MinItems)?;
        self.count("maxItems", Keyword::MaxItems)?;
        if self.flag("uniqueItems")? {
            self.list.push(Keyword::UniqueItems);
        }
        let items = self.items()?;
        if items.rest.is_some() || !items.prefix.is_empty() {
            self.list.push(Keyword::Items(items));
        }
        let least = self.whole("minContains")?.unwrap_or(1);
        let most = self.whole("maxContains")?;
        if let Some(node) = self.one("contains")? {
            self.list
                .push(Keyword::Contains(Contains { node, least, most }));
        }
        Ok(())
    }

    fn items(&mut self) -> Read<Items> {
        if self.compiler.dialect() == Dialect::Current {
            return Ok(Items {
                prefix: self.many("prefixItems")?.unwrap_or_default(),
                rest: self.one("items")?,
            });
        }
        if !self.map.get("items").is_some_and(Value::is_array) {
            return Ok(Items {
                prefix: Vec::new(),
                rest: self.one("items")?,
            });
        }
        Ok(Items {
            prefix: self.many("items")?.unwrap_or_default(),
            rest: self.one("additionalItems")?,
        })
    }

    fn objects(&mut self) -> Read<()> {
        self.count("minProperties", Keyword::MinProperties)?;
        self.count("maxProperties", Keyword::MaxProperties)?;
        if let Some(names) = self.map.get("required") {
            let names = self.names(names, &["required"])?;
            self.list.push(Keyword::Required(names));
        }
        let mut needs = Vec::new();
        for (name, names) in self.members("dependentRequired")?.into_iter().flatten() {
            needs.push((
                name.clone(),
                self.names(names, &["dependentRequired", name])?,
            ));
        }
        if !needs.is_empty() {
            self.list.push(Keyword::DependentRequired(needs));
        }
        self.properties()?;
        if let Some(node) = self.one("propertyNames")? {
            self.list.push(Keyword::PropertyNames(node));
        }
        Ok(())
    }

    fn properties(&mut self) -> Read<()> {
        let mut properties = Properties::default();
        for (name, schema) in self.members("properties")?.into_iter().flatten() {
            let node = self.schema(schema, &["properties", name])?;
            properties
                .places
                .insert(name.clone(), properties.named.len());
            properties.named.push((name.clone(), node));
        }
        for (source, schema) in self.members("patternProperties")?.into_iter().flatten() {
            let steps = ["patternProperties", source.as_str()];
            let pattern = self.pattern(source, &steps)?;
            let node = self.schema(schema, &steps)?;
            properties.patterns.push((pattern, node));
        }
        properties.additional = self.one("additionalProperties")?;
        let says_something = !properties.named.is_empty()
            || !properties.patterns.is_empty()
            || properties.additional.is_some();
        if says_something {
            self.list.push(Keyword::Properties(properties));
        }
        Ok(())
    }

    fn references(&mut self) -> Read<()> {
        if let Some(reference) = self.text("$ref")? {
            let (node, _) = self.target(reference, "$ref")?;
            self.list.push(Keyword::Ref(node));
        }
        if let Some(reference) = self.text("$dynamicRef")? {
            let (target, name) = self.target(reference, "$dynamicRef")?;
            self.list.push(match name {
                Some(name) => Keyword::DynamicRef { target, name },
                None => Keyword::Ref(target),
            });
        }
        match self.map.get("$recursiveRef") {
            Some(value) if self.compiler.dialect() == Dialect::Draft2019 => {
                self.fault("$recursiveRef", "a `$ref` instead", value)
            }
            _ => Ok(()),
        }
    }

    fn target(&mut self, reference: &str, keyword: &str) -> Read<(NodeId, Option<String>)> {
        let place = self.place(&[keyword]);
        self.compiler.target(reference, &self.home.base, &place)
    }

    fn combinations(&mut self) -> Read<()> {
        for (key, make) in [
            ("allOf", Keyword::AllOf as fn(Vec<NodeId>) -> Keyword),
            ("anyOf", Keyword::AnyOf),
            ("oneOf", Keyword::OneOf),
        ] {
            if let Some(nodes) = self.many(key)? {
                self.list.push(make(nodes));
            }
        }
        if let Some(node) = self.one("not")? {
            self.list.push(Keyword::Not(node));
        }
        let then = self.one("then")?;
        let otherwise = self.one("else")?;
        if let Some(condition) = self.one("if")? {
            self.list.push(Keyword::If(Condition {
                condition,
                then,
                otherwise,
            }));
        }
        self.dependent()
    }

    fn dependent(&mut self) -> Read<()> {
        let mut schemas = Vec::new();
        let mut needs = Vec::new();
        for (name, schema) in self.members("dependentSchemas")?.into_iter().flatten() {
            schemas.push((
                name.clone(),
                self.schema(schema, &["dependentSchemas", name])?,
            ));
        }
        if self.compiler.dialect() != Dialect::Current {
            for (name, value) in self.members("dependencies")?.into_iter().flatten() {
                let steps = ["dependencies", name.as_str()];
                if value.is_array() {
                    needs.push((name.clone(), self.names(value, &steps)?));
                } else {
                    schemas.push((name.clone(), self.schema(value, &steps)?));
                }
            }
        }
        if !needs.is_empty() {
            self.list.push(Keyword::DependentRequired(needs));
        }
        if !schemas.is_empty() {
            self.list.push(Keyword::DependentSchemas(schemas));
        }
        Ok(())
    }

    fn unevaluated(&mut self) -> Read<()> {
        if let Some(node) = self.one("unevaluatedItems")? {
            self.compiler.tracks = true;
            self.list.push(Keyword::UnevaluatedItems(node));
        }
        if let Some(node) = self.one("unevaluatedProperties")? {
            self.compiler.tracks = true;
            self.list.push(Keyword::UnevaluatedProperties(node));
        }
        Ok(())
    }

    fn kind(&self, name: &Value) -> Read<Kind> {
        Ok(match name.as_str() {
            Some("null") => Kind::Null,
            Some("boolean") => Kind::Boolean,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("string") => Kind::String,
            Some("array") => Kind::Array,
            Some("object") => Kind::Object,
            _ => {
                let types = "one of string, integer, number, boolean, array, object, null";
                return self.fault("type", types, name);
            }
        })
    }

    fn number(&mut self, key: &str, make: fn(Number) -> Keyword) -> Read<()> {
        match self.map.get(key) {
            None => Ok(()),
            Some(Value::Number(number)) => {
                self.list.push(make(number.clone()));
                Ok(())
            }
            Some(other) => self.fault(key, "a number", other),
        }
    }

    fn count(&mut self, key: &str, make: fn(u64) -> Keyword) -> Read<()> {
        let count = self.whole(key)?;
        self.list.extend(count.map(make));
        Ok(())
    }

    fn whole(&self, key: &str) -> Read<Option<u64>> {
        let Some(value) = self.map.get(key) else {
            return Ok(None);
        };
        let float = || value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0);
        match value.as_u64().or_else(|| float().map(|n| n as u64)) {
            Some(count) => Ok(Some(count)),
            None => self.fault(key, "a whole number, 0 or more", value),
        }
    }

    fn flag(&self, key: &str) -> Read<bool> {
        match self.map.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => self.fault(key, "true or false", other),
        }
    }

    fn text(&self, key: &str) -> Read<Option<&'d str>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => self.fault(key, "a string", other),
        }
    }

    fn list(&self, key: &str) -> Read<Option<&'d Vec<Value>>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => self.fault(key, "a list", other),
        }
    }

    fn members(&self, key: &str) -> Read<Option<&'d Map<String, Value>>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(other) => self.fault(key, "an object", other),
        }
    }

    fn names(&self, value: &Value, steps: &[&str]) -> Read<Vec<String>> {
        let names: Option<Vec<String>> = value.as_array().and_then(|all| {
            all.iter()
                .map(|one| one.as_str().map(str::to_owned))
                .collect()
        });
        names.ok_or_else(|| SchemaFault {
            place: self.place(steps),
            reason: format!("must be a list of names, found {value}"),
        })
    }

    fn pattern(&self, source: &str, steps: &[&str]) -> Read<Pattern> {
        Pattern::compile(source).map_err(|reason| SchemaFault {
            place: self.place(steps),
            reason,
        })
    }

    fn one(&mut self, key: &str) -> Read<Option<NodeId>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(schema) => self.schema(schema, &[key]).map(Some),
        }
    }

    fn many(&mut self, key: &str) -> Read<Option<Vec<NodeId>>> {
        let Some(schemas) = self.list(key)? else {
            return Ok(None);
        };
        if schemas.is_empty() {
            return self.fault(key, "a list of at least one schema", &self.map[key]);
        }
        let nodes = schemas
            .iter()
            .enumerate()
            .map(|(index, schema)| self.schema(schema, &[key, &index.to_string()]))
            .collect::<Read<Vec<_>>>()?;
        Ok(Some(nodes))
    }

    fn schema(&mut self, schema: &'d Value, steps: &[&str]) -> Read<NodeId> {
        let place = self.place(steps);
        self.compiler.node(schema, &place)
    }

    fn place(&self, steps: &[&str]) -> String {
        steps.iter().fold(self.home.place.clone(), |place, step| {
            format!("{place}/{}", escaped(step))
        })
    }

    fn fault<T>(&self, key: &str, expected: &str, found: &Value) -> Read<T> {
        Err(SchemaFault {
            place: self.place(&[key]),
            reason: format!("must be {expected}, found {found}"),
        })
    }
}
