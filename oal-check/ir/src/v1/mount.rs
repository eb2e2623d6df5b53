//! What stands at a path of a container.

use super::shape::shape;
use super::{Bytes, FilePath, NodeId, SourcePath, Template};

shape! {
    /// The contents of one file, or of a directory of files, in the container.
    pub enum File {
        /// Text that stands in the program. May hold secrets.
        Text {
            /// All of the file.
            text: Template,
            /// Access rights in octal.
            mode: String,
            /// Owner, by name or number, and group after a colon. Left out, it is the container's user.
            #[serde(skip_serializing_if = "Option::is_none")]
            owner: Option<String>,
        },
        /// A file that lies next to the program, relative to the file that says so. It is copied when the
        /// application is deployed.
        File {
            /// Where it lies.
            path: SourcePath,
            /// Access rights in octal.
            mode: String,
            /// Owner, by name or number, and group after a colon. Left out, it is the container's user.
            #[serde(skip_serializing_if = "Option::is_none")]
            owner: Option<String>,
        },
        /// Files of a `config`, that several components can share.
        Config {
            /// Which one.
            config: NodeId,
            /// Only this file of it. Left out, the path is a directory and all files go into it.
            #[serde(skip_serializing_if = "Option::is_none")]
            file: Option<FilePath>,
        },
    }

    /// What stands at a path of the container.
    pub enum Mount {
        /// A `volume`, that outlives the container.
        Volume {
            /// Which one.
            volume: NodeId,
            /// The program only reads from it.
            read_only: bool,
            /// Only this directory of it.
            #[serde(skip_serializing_if = "Option::is_none")]
            subpath: Option<FilePath>,
        },
        /// A file or directory of the machine: a relative path starts at the file that says so. Ties the
        /// component to one machine.
        Bind {
            /// Where it lies on the machine.
            path: SourcePath,
            /// The program only reads from it.
            read_only: bool,
        },
        /// A directory in memory, empty at every start.
        Tmpfs {
            /// The most it may hold; counts as memory of the container.
            #[serde(skip_serializing_if = "Option::is_none")]
            size: Option<Bytes>,
            /// Access rights in octal.
            mode: String,
        },
        /// A directory on disk that goes with the container, filled from the image
        /// (Compose: a volume without a name).
        Scratch {
            /// The most it may hold, where the target can say so.
            #[serde(skip_serializing_if = "Option::is_none")]
            size: Option<Bytes>,
        },
    }
}
