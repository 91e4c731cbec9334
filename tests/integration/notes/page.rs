//! `docs/notes.md` tells what the code does.
