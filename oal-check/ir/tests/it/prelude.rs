//! The types and the prelude say the same: every field, output and variant of a built-in kind, with its type.
//!
//! The prelude is formatted in one way, so its lines tell what is declared; this is no parser of the language.

use std::collections::BTreeMap;
use std::path::Path;

use oal_ir::v1::{Kind, Level};
use serde_json::Value;

use crate::schema::SCHEMA;

/// Fields by name, each with the shape of its type.
type Fields = BTreeMap<String, String>;

#[derive(Default)]
struct Prelude {
    /// Fields of each kind, with those of the kinds it extends.
    kinds: BTreeMap<String, Fields>,
    /// Outputs without an expression: name and level.
    outputs: BTreeMap<String, Vec<(String, String)>>,
    records: BTreeMap<String, Fields>,
    unions: BTreeMap<String, BTreeMap<String, Fields>>,
}

/// What a type of the language becomes: `Millis`, `List<string>`, `Map<Template>`, with `?` where it can be left out.
fn shape(written: &str) -> String {
    let written = written.trim();
    if let Some(inner) = written.strip_suffix('?') {
        return format!("{}?", shape(inner).trim_end_matches('?'));
    }
    let written = written.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(written);
    let written = written.split(" where ").next().unwrap_or(written);
    if let Some(item) = written.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("List<{}>?", shape(item));
    }
    if let Some(pair) = written.strip_prefix("Map<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("Map<{}>?", shape(pair.split_once(", ").unwrap().1));
    }
    match written {
        secret if secret.starts_with("secret ") => "Template",
        "Bool" => "boolean",
        "Int" => "integer",
        "String" | "Regex" | "Platform" | "FileMode" => "string",
        "Duration" => "Millis",
        "Size" => "Bytes",
        "Cpu" => "MilliCpu",
        "Percent" => "BasisPoints",
        "SourcePath" => "FilePath",
        kind if kind.starts_with(|letter: char| letter.is_ascii_lowercase()) => "NodeId",
        other => other,
    }
    .to_owned()
}

#[track_caller]
fn assert_same(name: &str, here: &Fields, prelude: &Fields) {
    let missing = |from: &Fields, of: &Fields| -> Fields {
        from.iter().filter(|(name, shape)| of.get(*name) != Some(*shape)).map(|(a, b)| (a.clone(), b.clone())).collect()
    };
    let (only_here, only_there) = (missing(here, prelude), missing(prelude, here));
    assert!(
        only_here.is_empty() && only_there.is_empty(),
        "`{name}` differs\n  the types: {only_here:?}\n  the prelude: {only_there:?}"
    );
}

/// The type before the default: a ` = ` outside brackets.
fn without_default(rest: &str) -> &str {
    let mut depth = 0_i32;
    for (at, letter) in rest.char_indices() {
        match letter {
            '<' | '(' | '{' | '[' => depth += 1,
            '>' | ')' | '}' | ']' => depth -= 1,
            ' ' if depth == 0 && rest.split_at(at).1.starts_with(" = ") => return rest.split_at(at).0,
            _ => {}
        }
    }
    rest.trim_end_matches(',')
}

fn read_prelude(directory: &Path) -> Prelude {
    let mut prelude = Prelude::default();
    let mut bases: BTreeMap<String, String> = BTreeMap::new();
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "oal"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        read_file(&text, &mut prelude, &mut bases);
    }
    for kind in prelude.kinds.keys().cloned().collect::<Vec<_>>() {
        let mut base = bases.get(&kind);
        while let Some(name) = base {
            let inherited = prelude.kinds[name].clone();
            prelude.kinds.get_mut(&kind).unwrap().extend(inherited);
            base = bases.get(name);
        }
    }
    prelude
}

fn read_file(text: &str, prelude: &mut Prelude, bases: &mut BTreeMap<String, String>) {
    let (mut owner, mut variant) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let declares =
            |rest: &str| rest.split_once(": ").map(|(name, ty)| (name.to_owned(), without_default(ty).to_owned()));
        match words.as_slice() {
            ["extern", "kind", name, rest @ ..] => {
                owner = (*name).to_owned();
                prelude.kinds.entry(owner.clone()).or_default();
                if let ["extends", base, ..] = rest {
                    bases.insert(owner.clone(), (*base).to_owned());
                }
            }
            ["field", ..] => {
                let (name, ty) = declares(line.trim().strip_prefix("field ").unwrap()).unwrap();
                prelude.kinds.get_mut(&owner).unwrap().insert(name, shape(&ty));
            }
            ["output", ..] => {
                let rest = line.trim().strip_prefix("output ").unwrap();
                let (name, ty) = declares(rest).unwrap();
                if !rest.contains(" = ") {
                    let level = ty.split(' ').next().unwrap_or_default().to_owned();
                    prelude.outputs.entry(owner.clone()).or_default().push((name, level));
                }
            }
            ["type", name, "=", "{"] => {
                owner = (*name).to_owned();
                variant.clear();
                prelude.records.entry(owner.clone()).or_default();
            }
            ["type", name, "="] => {
                owner = (*name).to_owned();
                prelude.unions.entry(owner.clone()).or_default();
            }
            ["|", name] => {
                variant = name.trim_end_matches('(').to_owned();
                prelude.unions.get_mut(&owner).unwrap().insert(variant.clone(), Fields::new());
            }
            _ => {
                let Some((name, ty)) = declares(line.trim()) else { continue };
                let fields = match prelude.unions.get_mut(&owner) {
                    Some(variants) => variants.get_mut(&variant),
                    None if line.starts_with("  ") && !line.starts_with("   ") => prelude.records.get_mut(&owner),
                    None => None,
                };
                if let Some(fields) = fields {
                    fields.insert(name, shape(&ty));
                }
            }
        }
    }
}

fn shape_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap().replace("SourcePath", "FilePath");
    }
    let rest = schema["additionalProperties"]
        .as_object()
        .map(|_| &schema["additionalProperties"])
        .or_else(|| schema["patternProperties"].as_object()?.values().next())
        .or_else(|| schema["properties"].as_object()?.values().next());
    match schema["type"].as_str().unwrap() {
        "array" => format!("List<{}>", shape_of(&schema["items"])),
        "object" => format!("Map<{}>", shape_of(rest.unwrap())),
        word => word.to_owned(),
    }
}

fn fields_of(schema: &Value) -> Fields {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &SCHEMA["$defs"][name.rsplit('/').next().unwrap()],
        None => schema,
    };
    let required = |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|word| word == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| (name.clone(), format!("{}{}", shape_of(schema), if required(name) { "" } else { "?" })))
        .collect()
}

fn variants_of(schema: &Value) -> BTreeMap<String, Fields> {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let variant = |choice: &Value| {
        let with_fields = choice["properties"].as_object().and_then(|members| members.iter().next());
        match with_fields {
            Some((name, fields)) => vec![(name.clone(), fields_of(fields))],
            None => {
                let names = choice["enum"].as_array().cloned().unwrap_or_else(|| vec![choice["const"].clone()]);
                names.iter().map(|name| (name.as_str().unwrap().to_owned(), Fields::new())).collect()
            }
        }
    };
    choices.flat_map(variant).collect()
}

fn prelude() -> Prelude {
    read_prelude(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../std"))
}

#[test]
fn kinds_have_the_fields_of_the_prelude() {
    let prelude = prelude();
    let specs = SCHEMA["$defs"]["Component"]["oneOf"].as_array().unwrap();
    assert_eq!(specs.len(), Kind::ALL.len());
    for spec in specs.iter().map(|choice| &choice["properties"]) {
        let kind = spec["kind"]["const"].as_str().unwrap();
        assert_same(kind, &fields_of(&spec["spec"]), &prelude.kinds[kind]);
    }
    let abstract_kinds = ["component", "workload"];
    assert_eq!(prelude.kinds.len(), Kind::ALL.len() + abstract_kinds.len());
}

#[test]
fn kinds_have_the_outputs_of_the_prelude() {
    let mut prelude = prelude();
    for kind in Kind::ALL {
        let word = |level: &Level| serde_json::to_value(level).unwrap().as_str().unwrap().to_owned();
        let here: Vec<_> = kind.outputs().iter().map(|(name, level)| ((*name).to_owned(), word(level))).collect();
        assert_eq!(here, prelude.outputs.remove(kind.name()).unwrap_or_default(), "{kind}");
    }
}

#[test]
fn records_and_unions_are_those_of_the_prelude() {
    let prelude = prelude();
    for (name, mut fields) in prelude.records {
        if name == "App" {
            fields.insert("name".into(), "string".into());
        }
        assert_same(&name, &fields_of(&SCHEMA["$defs"][&name]), &fields);
    }
    for (name, variants) in prelude.unions {
        let names_of_members = name == "UlimitName";
        if names_of_members {
            let known: Vec<_> = oal_ir::v1::UlimitName::ALL.iter().map(|limit| limit.name()).collect();
            assert!(known.iter().copied().eq(variants.keys().map(String::as_str)), "{name}");
        } else {
            assert_eq!(variants_of(&SCHEMA["$defs"][&name]), variants, "{name}");
        }
    }
}
