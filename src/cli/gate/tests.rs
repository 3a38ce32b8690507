//! Whole verdicts as they are printed, and how the command ends.
