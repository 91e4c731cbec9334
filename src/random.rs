//! Random bytes from the system, for delimiters, identifiers and jitter.

use std::io;

/// `count` random bytes as hexadecimal digits.
pub fn hex(count: usize) -> io::Result<String> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).map_err(io::Error::from)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A random number below `end`; 0 when the system gives none.
pub fn below(end: u64) -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) if end > 0 => u64::from_le_bytes(bytes) % end,
        _ => 0,
    }
}
