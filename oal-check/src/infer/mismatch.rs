//! What to say of a value whose type does not fit its place.

use crate::checker::Checker;
use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::infer::fit::Fits;
use crate::suggest::Dimension;
use crate::text::TextType;
use crate::types::{Ty, TyData};
use oal_syntax::ast::{ExprId, ExprKind};
use oal_syntax::literal::Number;

impl Checker<'_> {
    pub(super) fn report_null(&mut self, expr: ExprId, got: Ty, want: Ty) {
        let span = self.at.tree.expr(expr).span;
        let (what, shown) = (self.at.sink.describe(), self.show_plain(want));
        let diagnostic = if got == Ty::NULL {
            let is_field = self.at.sink.what == "field";
            self.finding(&codes::NULL_NOT_HANDLED, span, format!("{what} cannot be null"))
                .label(format!("it takes {shown}"))
                .help(if is_field {
                    "leave it out to get its default, or give it a value"
                } else {
                    "leave it out, or give it a value"
                })
        } else {
            self.finding(&codes::NULL_NOT_HANDLED, span, format!("{what} cannot be null, and this may be"))
                .label(format!("this is {}", self.show(got)))
                .help("say what to take instead: `… ?? fallback`")
        };
        self.push(diagnostic);
    }

    /// A value of a wrong type. The usual slips have codes and fixes of their own.
    pub(crate) fn report_mismatch(&mut self, expr: ExprId, got: Ty, want: Ty) {
        let node = self.at.tree.expr(expr);
        let what = self.at.sink.describe();
        let (got_bare, want_bare) = (self.program.types.bare(got), self.program.types.bare(want));
        let (got_data, want_data) = (*self.program.types.data(got_bare), *self.program.types.data(want_bare));
        let (got_shown, want_shown) = (self.show_plain(got), self.show_plain(want));
        let text = self.text(node.span);
        let diagnostic = match (&got_data, &want_data) {
            (TyData::Cpu, TyData::Duration) if matches!(node.kind, ExprKind::Number) => {
                let minutes = text.trim_end_matches('m');
                self.finding(
                    &codes::MILLI_FOR_MINUTES,
                    node.span,
                    format!("`{text}` is thousandths of a core, not minutes"),
                )
                .label(format!("{what} takes a `Duration`"))
                .help("minutes are written `min`")
                .fix(Fix::sure(
                    format!("write `{minutes}min`"),
                    self.at.file,
                    node.span,
                    format!("{minutes}min"),
                ))
            }
            (TyData::Int | TyData::Float | TyData::String, TyData::Duration | TyData::Size | TyData::Percent)
                if plain_number(node.kind, text).is_some() =>
            {
                let text = plain_number(node.kind, text).unwrap_or(text);
                let units = match want_data {
                    TyData::Duration => "`ms`, `s`, `min`, `h` or `d`",
                    TyData::Size => "`B`, `KiB`, `MiB`, `GiB` or `TiB` (or `KB` to `TB`)",
                    _ => "`%`",
                };
                let unit = match want_data {
                    TyData::Duration => "s",
                    TyData::Size => "MiB",
                    _ => "%",
                };
                self.finding(&codes::MISSING_UNIT, node.span, format!("{what} takes {want_shown}: `{text}` of what?"))
                    .label(if node.kind == ExprKind::Text { "a plain number, in quotes" } else { "a plain number" })
                    .help(format!("add a unit: {units}"))
                    .fix(Fix::maybe(format!("write `{text}{unit}`"), self.at.file, node.span, format!("{text}{unit}")))
            }
            (got, TyData::String | TyData::Text(_))
                if (got.is_number() || matches!(got, TyData::Bool)) && self.reads_as(&want_data, expr) =>
            {
                self.finding(&codes::NUMBER_FOR_TEXT, node.span, format!("{what} takes text, not {got_shown}"))
                    .label(format!("this is {got_shown}"))
                    .help("nothing becomes text by itself; put it inside one")
                    .fix(if matches!(node.kind, ExprKind::Number | ExprKind::Bool(_)) {
                        Fix::sure(format!("write `\"{text}\"`"), self.at.file, node.span, format!("\"{text}\""))
                    } else {
                        Fix::sure(
                            format!("write `\"${{{text}}}\"`"),
                            self.at.file,
                            node.span,
                            format!("\"${{{text}}}\""),
                        )
                    })
            }
            (TyData::String, want)
                if matches!(node.kind, ExprKind::Text)
                    && (want.is_number() || matches!(want, TyData::Bool | TyData::Union(_) | TyData::Environment)) =>
            {
                let inner = text.trim_matches('"');
                let plain = match want {
                    TyData::Bool => matches!(inner, "true" | "false"),
                    TyData::Union(number) => {
                        self.program.types.union(*number).is_some_and(|u| u.variants.iter().any(|v| &*v.name == inner))
                    }
                    TyData::Environment => self.program.environments.iter().any(|e| &*e.name == inner),
                    _ => oal_syntax::literal::number(inner).is_ok_and(|number| reads_as_number(&number, want)),
                };
                let diagnostic = self
                    .finding(
                        if plain { &codes::QUOTED_LITERAL } else { &codes::TYPE_MISMATCH },
                        node.span,
                        format!("{what} takes {want_shown}, not text"),
                    )
                    .label(if plain { "in quotes it is text".to_owned() } else { format!("this is {got_shown}") });
                if plain {
                    diagnostic.help("write it without quotes").fix(Fix::sure(
                        format!("write `{inner}`"),
                        self.at.file,
                        node.span,
                        inner,
                    ))
                } else {
                    let wanted = self.variants_of(want_bare);
                    match crate::suggest::closest(inner, wanted.iter().map(String::as_str)) {
                        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                            format!("write `{near}`"),
                            self.at.file,
                            node.span,
                            near,
                        )),
                        None if !wanted.is_empty() => {
                            diagnostic.help(format!("its values are `{}`", self.forms_of(want_bare).join("`, `")))
                        }
                        None => self.rewritten(diagnostic, inner, want, node.span),
                    }
                }
            }
            (TyData::String, TyData::Kind(_)) if self.quoted_component(expr).is_some() => {
                let inner = text.trim_matches('"');
                self.finding(&codes::QUOTED_LITERAL, node.span, format!("{what} takes {want_shown}, not text"))
                    .label("in quotes it is text")
                    .help("a component is named without quotes")
                    .fix(Fix::sure(format!("write `{inner}`"), self.at.file, node.span, inner))
            }
            (_, TyData::Union(number)) if self.wrapped(*number, got, text).is_some() => {
                let wrapped = self.wrapped(*number, got, text).unwrap_or_default();
                self.finding(&codes::TYPE_MISMATCH, node.span, format!("{what} takes {want_shown}, not {got_shown}"))
                    .label(format!("this is {got_shown}"))
                    .help(format!("write `{wrapped}`"))
                    .fix(Fix::maybe(format!("write `{wrapped}`"), self.at.file, node.span, wrapped))
            }
            (TyData::String, TyData::Record(number)) if self.first_text(*number).is_some() => {
                let field = self.first_text(*number).unwrap_or_default();
                let wrapped = format!("{{ {field}: {text} }}");
                self.finding(&codes::TYPE_MISMATCH, node.span, format!("{what} takes {want_shown}, not {got_shown}"))
                    .label(format!("this is {got_shown}"))
                    .help(format!("write its fields: `{wrapped}`"))
                    .fix(Fix::maybe(format!("write `{wrapped}`"), self.at.file, node.span, wrapped))
            }
            (TyData::Kind(_), TyData::Kind(_)) => self
                .finding(&codes::WRONG_KIND, node.span, format!("{what} takes {want_shown}, not {got_shown}"))
                .label(format!("`{text}` is {got_shown}"))
                .help(format!("name {want_shown}")),
            (TyData::List(_), TyData::Map(..) | TyData::Record(_)) => self
                .finding(&codes::LIST_FOR_MAP, node.span, format!("{what} takes {want_shown}, not a list"))
                .label("a list")
                .help(self.entries_help(want_bare)),
            (TyData::String, TyData::List(_))
                if matches!(node.kind, ExprKind::Text | ExprKind::Template(_)) && words(text).len() > 1 =>
            {
                let words: Vec<String> = words(text).iter().map(|word| format!("\"{word}\"")).collect();
                let split = format!("[{}]", words.join(", "));
                self.finding(&codes::ELEMENT_FOR_LIST, node.span, format!("{what} takes a list, not a single value"))
                    .label(format!("this is {got_shown}"))
                    .help("put each word into quotes of its own; no shell takes a line apart")
                    .fix(Fix::maybe(format!("write `{split}`"), self.at.file, node.span, split))
            }
            (_, TyData::List(element)) if self.fits(got, *element) != Fits::Never => self
                .finding(&codes::ELEMENT_FOR_LIST, node.span, format!("{what} takes a list, not a single value"))
                .label(format!("this is {got_shown}"))
                .help("put it into brackets")
                .fix(Fix::sure(format!("write `[{text}]`"), self.at.file, node.span, format!("[{text}]"))),
            (TyData::Map(_, _), TyData::Kind(_)) if self.is_repeated(expr) => self
                .finding(&codes::MISSING_INSTANCE_KEY, node.span, format!("`{text}` is several components: which one?"))
                .label(format!("{what} takes one {}", self.program.show_type(want)))
                .help(format!("name one by its key: `{text}[\"…\"]`")),
            _ => self
                .finding(&codes::TYPE_MISMATCH, node.span, format!("{what} takes {want_shown}, not {got_shown}"))
                .label(format!("this is {got_shown}"))
                .help(match want_data {
                    TyData::Union(_) => format!("its values are `{}`", self.forms_of(want_bare).join("`, `")),
                    _ => expectation(&want_data),
                }),
        };
        self.push(diagnostic);
    }

    /// A text that is no value of its place: rewritten where another tool's spelling is known.
    fn rewritten(&self, diagnostic: Diagnostic, inner: &str, want: &TyData, span: oal_syntax::Span) -> Diagnostic {
        let dimension = match want {
            TyData::Duration => Dimension::Duration,
            TyData::Size => Dimension::Size,
            TyData::Cpu => Dimension::Cpu,
            TyData::Percent => Dimension::Percent,
            _ => return diagnostic.help(expectation(want)),
        };
        let right = crate::suggest::foreign_quantity(inner, Some(dimension)).and_then(|advice| advice.replacement);
        let diagnostic = diagnostic.help(expectation(want));
        match right {
            Some(right) => diagnostic.fix(Fix::maybe(format!("write `{right}`"), self.at.file, span, right)),
            None => diagnostic,
        }
    }

    /// A text literal that is the name of a component.
    fn quoted_component(&self, expr: ExprId) -> Option<()> {
        let node = self.at.tree.expr(expr);
        if !matches!(node.kind, ExprKind::Text) {
            return None;
        }
        let crate::resolve::Found::Def(def) = self.find_in(self.at.file, self.text(node.span).trim_matches('"')) else {
            return None;
        };
        self.program.def(def).filter(|def| def.kind == crate::program::DefKind::Component).map(|_| ())
    }

    /// `volume(data)` for `data`: the one variant whose only needed field takes the value.
    fn wrapped(&mut self, union: u32, got: Ty, text: &str) -> Option<String> {
        let union = self.program.types.union(union)?.clone();
        if !matches!(self.program.types.data(self.program.types.bare(got)), TyData::Kind(_)) {
            return None;
        }
        let mut found = None;
        for variant in &union.variants {
            let Some(first) = variant.fields.first() else { continue };
            let plain = self.program.types.bare(first.ty);
            if self.fits(got, plain) != Fits::Never && found.replace(format!("{}({text})", variant.name)).is_some() {
                return None;
            }
        }
        found
    }

    /// Whether quotes around a literal would make it a value of its place.
    fn reads_as(&self, want: &TyData, expr: ExprId) -> bool {
        let node = self.at.tree.expr(expr);
        match want {
            TyData::Text(kind) if matches!(node.kind, ExprKind::Number | ExprKind::Bool(_)) => {
                crate::text::check(*kind, self.text(node.span)).is_ok()
            }
            _ => true,
        }
    }

    /// The first field of a record, if it takes text and no other is needed.
    fn first_text(&self, record: u32) -> Option<String> {
        let record = self.program.types.record(record)?;
        let first = record.fields.first()?;
        let bare = self.program.types.bare(first.ty);
        let others = record
            .fields
            .iter()
            .skip(1)
            .all(|field| field.default.is_some() || self.program.types.split_optional(field.ty).1);
        let text = matches!(self.program.types.data(bare), TyData::String | TyData::Text(_));
        (text && others && record.name.is_some()).then(|| first.name.to_string())
    }

    /// The variants of a type as they are written: `http(…)`, `off`.
    fn forms_of(&self, ty: Ty) -> Vec<String> {
        let TyData::Union(number) = self.program.types.data(ty) else { return self.variants_of(ty) };
        let Some(union) = self.program.types.union(*number) else { return Vec::new() };
        let form = |variant: &crate::types::VariantInfo| match variant.fields.first() {
            Some(first) => format!("{}({}: …)", variant.name, first.name),
            None => variant.name.to_string(),
        };
        union.variants.iter().map(form).collect()
    }

    /// How the entries of a map look, by what its keys and values are.
    fn entries_help(&self, map: Ty) -> String {
        let example = match *self.program.types.data(map) {
            TyData::Map(key, value) => match (self.program.types.data(key), self.at.sink.name) {
                (_, "ports") => "{ http: 8080 }`; the machine's ports stand in `publish: { http: 80 }",
                (_, "publish") => "{ http: 80 }",
                (_, "volumes") => "{ \"/data\": volume(data) }",
                (TyData::Text(TextType::EnvName), _) => "{ NAME: \"value\" }",
                _ if matches!(self.program.types.data(self.program.types.bare(value)), TyData::String) => {
                    "{ \"key\": \"value\" }"
                }
                _ => "{ key: value }",
            },
            _ => "{ key: value }",
        };
        format!("write `{example}`")
    }

    /// Names of a union's variants or of the environments.
    pub(crate) fn variants_of(&self, ty: Ty) -> Vec<String> {
        match self.program.types.data(ty) {
            TyData::Union(number) => self
                .program
                .types
                .union(*number)
                .map(|u| u.variants.iter().map(|v| v.name.to_string()).collect())
                .unwrap_or_default(),
            TyData::Environment => self.program.environments.iter().map(|e| e.name.to_string()).collect(),
            _ => Vec::new(),
        }
    }
}

/// What a value of the type looks like.
fn expectation(data: &TyData) -> String {
    match data {
        TyData::Bool => "write `true` or `false`",
        TyData::Int => "write a whole number, such as `3`",
        TyData::Float => "write a number, such as `0.5`",
        TyData::Duration => "write a time with its unit, such as `30s` or `5min`",
        TyData::Size => "write an amount with its unit, such as `512MiB`",
        TyData::Cpu => "write cores, such as `2`, or thousandths of a core, such as `500m`",
        TyData::Percent => "write a share, such as `80%`",
        TyData::Port => "write a port, such as `8080`",
        TyData::List(_) => "write a list, such as `[a, b]`",
        TyData::Map(..) | TyData::Record(_) => "write `{ key: value }`",
        TyData::Union(_) => "write one of its variants by name, with its fields in parentheses",
        TyData::Kind(_) => "name a component of that kind",
        TyData::Endpoint => "name a port of a component, such as `api.http`",
        TyData::PortName => "name one of the ports of this component",
        TyData::Environment => "name one of the program's environments",
        TyData::Text(TextType::Host) => "write a host name, such as `\"shop.example.com\"`",
        TyData::Text(TextType::Url) => "write an address, such as `\"https://example.com\"`",
        TyData::Text(TextType::HttpPath) => "write a path, such as `\"/healthz\"`",
        TyData::Text(TextType::Image) => "write an image, such as `\"nginx:1.27\"`",
        TyData::Text(TextType::Cron) => "write five fields, such as `\"0 3 * * *\"` for every day at three",
        _ => "write a text, such as `\"…\"`",
    }
    .to_owned()
}

/// The words of a quoted text; blanks inside `${…}` part none.
fn words(quoted: &str) -> Vec<&str> {
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    let mut depth = 0_usize;
    let parts = inner.split(|letter: char| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && letter.is_whitespace()
    });
    parts.filter(|word| !word.is_empty()).collect()
}

/// A number without a unit, in quotes or not.
fn plain_number(kind: ExprKind, text: &str) -> Option<&str> {
    match kind {
        ExprKind::Number => Some(text),
        ExprKind::Text => Some(text.trim_matches('"'))
            .filter(|inner| matches!(oal_syntax::literal::number(inner), Ok(Number::Int(_) | Number::Float(_)))),
        _ => None,
    }
}

/// Whether a number literal is one of a type.
fn reads_as_number(number: &Number, want: &TyData) -> bool {
    match number {
        Number::Int(_) => matches!(want, TyData::Int | TyData::Float | TyData::Cpu | TyData::Port),
        Number::Float(_) => matches!(want, TyData::Float | TyData::Cpu),
        Number::Duration(_) => matches!(want, TyData::Duration),
        Number::Size(_) => matches!(want, TyData::Size),
        Number::Cpu(_) => matches!(want, TyData::Cpu),
        Number::Percent(_) => matches!(want, TyData::Percent),
    }
}
