//! The register of exceptions: files into records, records into text, and the rules that hold over all of them.
//!
//! **Invariant:** nothing here opens a file, reads a clock or names a platform: texts, records and instants go in, values
//! come out. What cannot be read is refused with its place and its cure, and takes nothing from the other files.
