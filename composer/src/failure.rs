//! Why a call was refused, in the shape of the boundary.

pub use crate::bindings::exports::tenon::composer::engine::{Code, Failure, Position};

pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), subject: None, position: None }
    }

    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// For `map_err`: the whole chain of causes in one line.
pub fn because<E: Into<anyhow::Error>>(code: Code) -> impl Fn(E) -> Failure {
    move |error| Failure::new(code, format!("{:#}", error.into()))
}

/// What the validator refuses: bytes that are `code`, or more of something than any runtime takes.
pub fn refused(code: Code) -> impl Fn(wasmparser::BinaryReaderError) -> Failure {
    move |error| {
        let limit = error.message().contains("exceeds limit");
        Failure::new(if limit { Code::TooLarge } else { code }, error.to_string())
    }
}
