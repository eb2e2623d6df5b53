//! The command `helios`: reads the command line, runs one verb, ends with the exit code.

fn main() {
    // Ends without giving back memory: the system is faster at it.
    std::process::exit(helios::cli::main())
}
