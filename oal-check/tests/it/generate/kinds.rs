//! Kinds of the program's own: fields, presets, what is nested in them, and components of them.

use super::components::{Guard, Tracked};
use super::model::{Ty, Val, Vals};
use super::prelude::{self, Kind};
use super::special::Plan;
use super::{Maker, Place};
use oal_check::text::TextType;

/// A kind that the program declares.
#[derive(Debug, Clone)]
pub(super) struct Own {
    file: usize,
    name: String,
    /// The built-in kind at the end of the chain; `None` for a composition.
    root: Option<&'static Kind>,
    fields: Vec<OwnField>,
    /// What fields of the root hold where a component does not say otherwise.
    presets: Vec<(String, Ty, Vals)>,
    /// Labels that show a field: the key and the field.
    shown: Vec<(String, String)>,
    /// Outputs that show a field.
    outputs: Vec<(String, String)>,
    nested: Vec<Nested>,
    has_port: bool,
}

#[derive(Debug, Clone)]
struct OwnField {
    name: String,
    ty: Ty,
    default: Option<Vals>,
    /// Each component has its own.
    is_host: bool,
}

#[derive(Debug, Clone)]
struct Nested {
    name: String,
    kind: &'static Kind,
    has_url: bool,
    /// The field that its host is.
    host: Option<String>,
}

const BASES: [&str; 5] = ["service", "service", "job", "bucket", "volume"];

impl Maker<'_> {
    /// `kind name extends base { … }`
    pub(super) fn declare_kind(&mut self) {
        let file = self.some_file();
        let at = self.top(file);
        let name = self.fresh(&["web", "stack", "client"]);
        let parents: Vec<usize> = (0..self.kinds.len())
            .filter(|own| self.kinds[*own].file <= file && self.kinds[*own].root.is_some())
            .collect();
        let parent = if !parents.is_empty() && self.c.once_in(3) {
            Some(self.kinds[parents[self.c.below(parents.len())]].clone())
        } else {
            None
        };
        let mut own = match &parent {
            Some(parent) => Own { file, name: name.clone(), ..parent.clone() },
            None => Own {
                file,
                name: name.clone(),
                root: (!self.c.once_in(4)).then(|| prelude::kind(BASES[self.c.below(BASES.len())])),
                fields: Vec::new(),
                presets: Vec::new(),
                shown: Vec::new(),
                outputs: Vec::new(),
                nested: Vec::new(),
                has_port: false,
            },
        };
        let mut body = Vec::new();
        self.own_fields(&mut own, at, &mut body);
        match own.root {
            Some(root) => self.own_presets(&mut own, root, at, parent.is_some(), &mut body),
            None => self.composition(&mut own, &mut body),
        }
        self.own_nested(&mut own, &mut body);
        let extends = match (&parent, own.root) {
            (Some(parent), _) => format!(" extends {}", self.refer(parent.file, &parent.name, at)),
            (None, Some(root)) => format!(" extends {}", root.name),
            (None, None) => String::new(),
        };
        self.c.shuffle(&mut body);
        let doc = if self.c.once_in(2) { "/// A pattern.\n" } else { "" };
        let body: String = body.into_iter().map(|entry| format!("  {entry}\n")).collect();
        self.declare(file, format!("{doc}kind {name}{extends} {{\n{body}}}\n"));
        self.kinds.push(own);
    }

    fn own_fields(&mut self, own: &mut Own, at: Place, body: &mut Vec<String>) {
        for _ in 0..self.c.below(4) {
            let name = self.fresh(&["size", "tier", "copies", "f"]);
            let ty = self.ty(at.file, 1);
            self.fuel = 6;
            let default = (!self.c.once_in(3)).then(|| self.values(&ty, at));
            let shown = self.type_text(&ty, at);
            match &default {
                Some(vals) => {
                    let code = self.told(vals, &ty, at);
                    body.push(format!("field {name}: {shown} = {}", code.text));
                }
                None => body.push(format!("field {name}: {shown}")),
            }
            if matches!(ty, Ty::Int | Ty::Bool | Ty::String) {
                if self.c.once_in(2) {
                    self.serial += 1;
                    own.outputs.push((format!("out{}", self.serial), name.clone()));
                    body.push(format!("output out{}: String = \"${{{name}}}\"", self.serial));
                }
                if own.root.is_some() && own.shown.is_empty() && own.presets.iter().all(|(field, ..)| field != "labels")
                {
                    own.shown.push(("shown".to_owned(), name.clone()));
                    body.push(format!("labels: {{ shown: \"${{{name}}}\" }}"));
                }
            }
            if self.c.once_in(3) {
                let condition = match &ty {
                    Ty::Int => format!("{name} == {name} + 0"),
                    Ty::String => format!("len({name}) >= 0"),
                    _ => format!("{name} == {name}"),
                };
                body.push(format!("assert {condition}, \"`{name}` is what it is\""));
            }
            own.fields.push(OwnField { name, ty, default, is_host: false });
        }
    }

    fn own_presets(&mut self, own: &mut Own, root: &'static Kind, at: Place, derived: bool, body: &mut Vec<String>) {
        let plan = Plan::new(true);
        for field in &root.fields {
            let is_safe = field.ty.is_transparent() && !field.required && !plan.is_planned(&root.name, &field.name);
            let is_new = own.presets.iter().all(|(other, ..)| *other != field.name);
            // Records merge with those of the base, field by field.
            if !is_safe || !is_new || field.name == "labels" || !self.c.once_in(10) || has_record(&field.ty) {
                continue;
            }
            self.fuel = 6;
            let vals = self.values(&field.ty, at);
            let code = self.told(&vals, &field.ty, at);
            body.push(format!("{}: {}", field.name, code.text));
            own.presets.push((field.name.clone(), field.ty.clone(), vals));
        }
        if root.name == "service" && !own.has_port && !derived && self.c.chance(2, 3) {
            own.has_port = true;
            body.push("ports: { http: 80 }".to_owned());
            if self.c.once_in(2) {
                body.push("health: http".to_owned());
            }
            if self.c.once_in(2) {
                let domain = self.fresh(&["domain"]);
                body.push(format!("field {domain}: Host"));
                own.fields.push(OwnField {
                    name: domain.clone(),
                    ty: Ty::Text(TextType::Host),
                    default: None,
                    is_host: true,
                });
                let guard = self.c.of(&["", "", " if true", " if 1 < 2"]);
                body.push(format!("route site{guard} {{ host: {domain}, to: http }}"));
                own.nested.push(Nested {
                    name: "site".to_owned(),
                    kind: prelude::kind("route"),
                    has_url: false,
                    host: Some(domain),
                });
            }
        }
        if matches!(&*root.name, "service" | "job") && self.c.once_in(3) && own.nested.iter().all(|n| n.name != "store")
        {
            body.push("database store { engine: postgres, version: 16 }".to_owned());
            body.push("env: { STORE_URL: store.url }".to_owned());
            own.nested.push(Nested {
                name: "store".to_owned(),
                kind: prelude::kind("database"),
                has_url: true,
                host: None,
            });
        }
    }

    fn composition(&mut self, own: &mut Own, body: &mut Vec<String>) {
        let image = self.fresh(&["image_of"]);
        body.push(format!("field {image}: Image"));
        body.push("database store { engine: mysql, version: 8 }".to_owned());
        body.push(format!(
            "service inner {{ image: {image}, ports: {{ http: 8080 }}, env: {{ URL: store.url, HOST: \"h=${{store.host}}\" }} }}"
        ));
        own.fields.push(OwnField { name: image, ty: Ty::Text(TextType::Image), default: None, is_host: false });
        own.nested.push(Nested {
            name: "store".to_owned(),
            kind: prelude::kind("database"),
            has_url: true,
            host: None,
        });
        own.nested.push(Nested { name: "inner".to_owned(), kind: prelude::kind("service"), has_url: true, host: None });
    }

    fn own_nested(&mut self, own: &mut Own, body: &mut Vec<String>) {
        if self.c.once_in(6) && own.nested.iter().all(|nested| nested.name != "key") {
            body.push("secret key { generate: 16 }".to_owned());
            own.nested.push(Nested {
                name: "key".to_owned(),
                kind: prelude::kind("secret"),
                has_url: false,
                host: None,
            });
        }
    }

    /// A component of an own kind.
    pub(super) fn declare_of_own(&mut self, own: usize) {
        let own = self.kinds[own].clone();
        let file = own.file + self.c.below(self.files.len() - own.file);
        let name = self.fresh(&["front", "shop", "y"]);
        let at = self.top(file);
        let kind = self.refer(own.file, &own.name, at);
        let mut plan = Plan::new(self.c.once_in(2));
        let (mut entries, mut tracked) = match own.root {
            Some(root) => self.fields(root, &mut plan, at, false),
            None => (Vec::new(), Vec::new()),
        };
        if own.has_port {
            plan.has_url = true;
            if !plan.http_ports.iter().any(|port| port == "http") {
                plan.http_ports.push("http".to_owned());
            }
        }
        for (field, ty, vals) in &own.presets {
            merge(&mut tracked, field, ty, vals);
        }
        let mut own_values: Vec<Tracked> = Vec::new();
        for field in &own.fields {
            let given = field.default.is_none() || self.c.once_in(3);
            let vals = if field.is_host {
                self.serial += 1;
                let host = format!("d{}.example.net", self.serial);
                self.same(Val::Text(host))
            } else if given {
                self.values(&field.ty, at)
            } else {
                field.default.clone().expect("what is not given has a default")
            };
            // A record in the body merges with the default, a map with it entry by entry.
            if given {
                if field.default.is_some() && has_record(&field.ty) {
                    continue;
                }
                self.fuel = 8;
                let code = self.told(&vals, &field.ty, at);
                entries.push(format!("{}: {}", field.name, code.text));
            }
            let mut one = vec![Tracked { name: field.name.clone(), ty: field.ty.clone(), vals }];
            if let (true, Some(default)) = (given, &field.default) {
                merge(&mut one, &field.name, &field.ty, default);
            }
            own_values.append(&mut one);
        }
        let text = self.component_text(&kind, &name, &Guard::None, entries);
        self.declare(file, text);
        let mask = at.mask;
        if let Some(root) = own.root {
            self.made_one(root, &name, file, "", mask, &plan);
        }
        for nested in &own.nested {
            let inner = Plan { has_url: nested.has_url, ..Plan::new(false) };
            self.made_one(nested.kind, &name, file, &format!(".{}", nested.name), mask, &inner);
        }
        self.know_of_own(&own, &name, file, at, own_values, tracked);
    }

    fn know_of_own(
        &mut self,
        own: &Own,
        name: &str,
        file: usize,
        at: Place,
        own_values: Vec<Tracked>,
        mut tracked: Vec<Tracked>,
    ) {
        let show = |field: &str| {
            let field = own_values.iter().find(|tracked| tracked.name == field)?;
            field.vals.iter().map(|val| val.in_text().map(Val::Text)).collect::<Option<Vals>>()
        };
        for (key, field) in &own.shown {
            let Some(vals) = show(field) else { continue };
            let maps: Vals = vals.into_iter().map(|val| Val::Map(vec![(key.clone(), val)])).collect();
            merge(&mut tracked, "labels", &Ty::map(Ty::String), &maps);
        }
        for (output, field) in &own.outputs {
            if let Some(vals) = show(field) {
                self.know(file, name, format!(".{output}"), Ty::String, vals, at.mask);
            }
        }
        for nested in &own.nested {
            let host = nested.host.as_ref().and_then(|host| own_values.iter().find(|tracked| tracked.name == *host));
            if let Some(host) = host {
                let vals = host.vals.clone();
                self.know(file, name, format!(".{}.host", nested.name), host.ty.clone(), vals, at.mask);
            }
        }
        // What is shown elsewhere stays as it is; the fields of the root may still change.
        let tracked = self.overridden(name, file, tracked);
        self.remember(name, file, &Guard::None, at.mask, &tracked);
        self.remember(name, file, &Guard::None, at.mask, &own_values);
    }
}

/// What a lower layer adds to the fields of a component.
fn merge(tracked: &mut Vec<Tracked>, field: &str, ty: &Ty, below: &Vals) {
    let Some(own) = tracked.iter_mut().find(|tracked| tracked.name == field) else {
        tracked.push(Tracked { name: field.to_owned(), ty: ty.clone(), vals: below.clone() });
        return;
    };
    for (val, below) in own.vals.iter_mut().zip(below) {
        *val = merged(below, val);
    }
}

/// Maps merge by key, all else is taken from above.
fn merged(below: &Val, above: &Val) -> Val {
    match (below, above) {
        (Val::Map(below), Val::Map(above)) => {
            let mut all = below.clone();
            for (key, val) in above {
                match all.iter_mut().find(|(other, _)| other == key) {
                    Some((_, old)) => *old = merged(old, val),
                    None => all.push((key.clone(), val.clone())),
                }
            }
            Val::Map(all)
        }
        _ => above.clone(),
    }
}

/// Whether a record is anywhere in a value: what is left out of it comes from a lower layer.
fn has_record(ty: &Ty) -> bool {
    match ty {
        Ty::Record(_) => true,
        Ty::Optional(inner) | Ty::Refined(inner, _) | Ty::Leveled(_, inner) | Ty::Map(_, inner) => has_record(inner),
        _ => false,
    }
}
