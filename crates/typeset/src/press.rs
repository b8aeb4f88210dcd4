//! The child process: standard input to standard output.

use std::io::{self, Read, Write};

use crate::{Fence, Request, TypesetError, typeset};

/// How a `typeset` process ended; [`Outcome::code`] is its exit status.
#[derive(Debug)]
pub enum Outcome {
    /// The paper is on standard output.
    Made,
    /// The request cannot be set; why is on standard error.
    Refused(TypesetError),
    /// Limits, input or output failed.
    Broken(io::Error),
}

impl Outcome {
    /// Exit status: 0 made, 65 refused (EX_DATAERR), 74 broken (EX_IOERR).
    pub fn code(&self) -> u8 {
        match self {
            Self::Made => 0,
            Self::Refused(_) => 65,
            Self::Broken(_) => 74,
        }
    }
}

/// Puts up the fence, reads one request to its end, writes the PDF to `output` and any reason to `errors`.
pub fn run(fence: Fence, input: &mut impl Read, output: &mut impl Write, errors: &mut impl Write) -> Outcome {
    let outcome = match make(fence, input) {
        Ok(paper) => match output.write_all(&paper).and_then(|()| output.flush()) {
            Ok(()) => Outcome::Made,
            Err(error) => Outcome::Broken(error),
        },
        Err(outcome) => outcome,
    };
    let reason = match &outcome {
        Outcome::Made => return outcome,
        Outcome::Refused(error) => error.to_string(),
        Outcome::Broken(error) => error.to_string(),
    };
    match writeln!(errors, "{reason}") {
        Ok(()) => outcome,
        Err(error) => Outcome::Broken(error),
    }
}

fn make(fence: Fence, input: &mut impl Read) -> Result<Vec<u8>, Outcome> {
    fence.close().map_err(Outcome::Broken)?;
    let mut text = Vec::new();
    input.read_to_end(&mut text).map_err(Outcome::Broken)?;
    let request: Request = serde_json::from_slice(&text).map_err(|error| Outcome::Refused(error.into()))?;
    typeset(request).map_err(Outcome::Refused)
}
