//! What rules look at in a kind: which fields, under which slots, and whether kinds give them values.

use crate::program::{KindId, Program};

/// Kinds as rules tell them apart, by the built-in kind at the end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Service,
    Job,
    /// Databases, caches, queues.
    Store,
    Route,
    Volume,
    /// Whatever else is built in.
    Other,
    /// Only a group of other components.
    Composition,
}

impl Class {
    fn of(program: &Program, kind: usize) -> Self {
        let root = program.kinds.get(kind).and_then(|info| info.root).and_then(|root| program.kind(root));
        match root.filter(|root| root.is_extern).map(|root| &*root.name) {
            None => Self::Composition,
            Some("service") => Self::Service,
            Some("job") => Self::Job,
            Some("database" | "cache" | "queue") => Self::Store,
            Some("route") => Self::Route,
            Some("volume") => Self::Volume,
            Some(_) => Self::Other,
        }
    }
}

macro_rules! watches {
    ($($name:ident $field:literal,)*) => {
        /// A field that some rule looks at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Watch { $($name,)* }

        impl Watch {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $field),)*];
            /// How many there are.
            pub(super) const COUNT: usize = Self::ALL.len();

            /// The field's name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$name => $field,)* }
            }
        }
    };
}

watches! {
    Image "image",
    Ports "ports",
    Publish "publish",
    PublishAddress "publish_address",
    PublishAddresses "publish_addresses",
    Protocols "protocols",
    PortRanges "port_ranges",
    Volumes "volumes",
    Files "files",
    Networks "networks",
    NetworkMode "network_mode",
    Resources "resources",
    Replicas "replicas",
    Autoscale "autoscale",
    Health "health",
    Ready "ready",
    After "after",
    AfterStarted "after_started",
    AfterHealthy "after_healthy",
    AfterCompleted "after_completed",
    Privileged "privileged",
    Schedule "schedule",
    Timeout "timeout",
    Overlap "overlap",
    On "on",
    Access "access",
    Storage "storage",
    Size "size",
    Host "host",
    Aliases "aliases",
    RedirectFrom "redirect_from",
    Path "path",
    PathMatch "path_match",
    To "to",
    Tls "tls",
}

const _: () = assert!(Watch::COUNT <= 64);

/// A set of watched fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask(u64);

impl Mask {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn has(self, watch: Watch) -> bool {
        self.0 >> watch as u32 & 1 == 1
    }

    pub(super) const fn add(&mut self, watch: Watch) {
        self.0 |= 1 << watch as u32;
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// In place of a watch: no rule looks at the field.
const UNWATCHED: u8 = u8::MAX;

/// What rules look at in a kind.
pub(super) struct Shape {
    pub(super) class: Class,
    /// Fields to which a kind gives a value.
    pub(super) preset: Mask,
    watches: Box<[u8]>,
    slots: [Option<u16>; Watch::COUNT],
}

impl Shape {
    pub(super) fn of(program: &Program, kind: usize) -> Self {
        let class = Class::of(program, kind);
        let info = program.kind(KindId(u32::try_from(kind).unwrap_or(u32::MAX)));
        let count = info.map_or(0, |info| info.fields.len());
        let mut shape =
            Self { class, preset: Mask::NONE, watches: vec![UNWATCHED; count].into(), slots: [None; Watch::COUNT] };
        let Some(info) = info.filter(|_| class != Class::Composition) else { return shape };
        for ((watch, name), place) in Watch::ALL.iter().zip(&mut shape.slots) {
            let Some(slot) = info.field_index.get(*name).copied() else { continue };
            // A kind of the program may have a field of the same name that means something else.
            let field = info.fields.get(usize::from(slot));
            if field.is_none_or(|field| crate::std::index(field.at.file).is_none()) {
                continue;
            }
            *place = Some(slot);
            if field.is_some_and(|field| field.preset) {
                shape.preset.add(*watch);
            }
            if let Some(known) = shape.watches.get_mut(usize::from(slot)) {
                *known = *watch as u8;
            }
        }
        shape
    }

    /// The rules' name for the field of a slot.
    pub(super) fn watch(&self, slot: u16) -> Option<Watch> {
        let watch = self.watches.get(usize::from(slot)).filter(|watch| **watch != UNWATCHED)?;
        Watch::ALL.get(usize::from(*watch)).map(|(watch, _)| *watch)
    }

    /// The slot of a field, where the kind has it.
    pub(super) fn slot(&self, watch: Watch) -> Option<u16> {
        self.slots.get(watch as usize).copied().flatten()
    }
}
