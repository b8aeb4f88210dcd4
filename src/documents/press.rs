//! The press: every paper is set by a process of its own, so that a document that runs away is killed and the call
//! goes on. The process is this same program, run as `diemcau typeset` (design §9).

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::PaperRequest;
use crate::limits;

/// Name of the verb that a press runs.
const VERB: &str = "typeset";

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The program was built without papers.
    #[error("this program was built without the feature `pdf`")]
    NotBuilt,
    /// The view model does not become JSON, or is larger than [`limits::PAPER_REQUEST_BYTES`].
    #[error("the request cannot be written: {0}")]
    Request(#[source] serde_json::Error),
    /// More data than a paper may have.
    #[error("the request has {0} bytes")]
    TooLarge(usize),
    /// The form does not fit the data.
    #[error("the form does not fit its data: {0}")]
    Form(String),
    /// The process was killed because it took too long.
    #[error("setting the paper took too long")]
    TimeLimit,
    /// The process ended because it wanted too much memory.
    #[error("setting the paper wanted too much memory")]
    MemoryLimit,
    /// The process ended in another way.
    #[error("the typeset process ended with {status}: {reason}")]
    Crashed {
        /// How it ended.
        status: ExitStatus,
        /// The beginning of what it said.
        reason: String,
    },
    /// The process could not be started or spoken to.
    #[error("the typeset process: {0}")]
    Process(#[from] std::io::Error),
}

impl PaperError {
    /// Stable code of the error table.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotBuilt => "paper_not_built",
            Self::Request(_) | Self::TooLarge(_) => "paper_request",
            Self::Form(_) => "paper_form",
            Self::TimeLimit => "paper_time_limit",
            Self::MemoryLimit => "paper_memory_limit",
            Self::Crashed { .. } | Self::Process(_) => "paper_process",
        }
    }
}

/// Sets papers, [`limits::PAPERS_AT_ONCE`] at a time; clones share that bound.
#[derive(Debug, Clone)]
pub struct Press {
    program: PathBuf,
    time: Duration,
    places: Arc<Semaphore>,
}

impl Press {
    /// The press of the running program. On Linux by way of `/proc`, so that it stays this very release while an
    /// upgrade has already replaced the file.
    ///
    /// # Errors
    /// The program's own path is unknown.
    pub fn of_this_program() -> Result<Self, PaperError> {
        if cfg!(target_os = "linux") {
            return Ok(Self::new("/proc/self/exe"));
        }
        Ok(Self::new(std::env::current_exe()?))
    }

    /// A press that runs `program typeset`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let places = Arc::new(Semaphore::new(limits::PAPERS_AT_ONCE));
        Self { program: program.into(), time: limits::PAPER_TIME, places }
    }

    /// The same press with another time limit per paper.
    #[must_use]
    pub fn with_time_limit(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Sets one paper and returns the PDF. Dropping the future kills the process.
    ///
    /// # Errors
    /// [`PaperError`]; none of them leaves a process behind.
    pub async fn render(&self, request: &PaperRequest) -> Result<Vec<u8>, PaperError> {
        if cfg!(not(feature = "pdf")) {
            return Err(PaperError::NotBuilt);
        }
        let text = serde_json::to_vec(request).map_err(PaperError::Request)?;
        if text.len() > limits::PAPER_REQUEST_BYTES {
            return Err(PaperError::TooLarge(text.len()));
        }
        let Ok(_place) = self.places.acquire().await else {
            return Err(std::io::Error::other("the press is closed").into());
        };
        tokio::time::timeout(self.time, self.run(text)).await.unwrap_or(Err(PaperError::TimeLimit))
    }

    async fn run(&self, request: Vec<u8>) -> Result<Vec<u8>, PaperError> {
        let mut child = Command::new(&self.program)
            .arg(VERB)
            .env_clear() // secrets of the server's environment are none of its business
            .env("RAYON_NUM_THREADS", "1") // one paper, one core: the other cores belong to the call
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut pipe) = stdin
                && pipe.write_all(&request).await.is_err()
            {
                tracing::debug!("the typeset process closed its input early");
            }
        };
        let ((), paper, reason) =
            tokio::join!(feed, drain(stdout, limits::PAPER_BYTES), drain(stderr, limits::PAPER_REASON_BYTES));
        let (paper, reason) = (paper?, reason?);
        let status = child.wait().await?;
        if !status.success() {
            return Err(ending(status, String::from_utf8_lossy(&reason).trim().to_owned()));
        }
        if !paper.starts_with(b"%PDF-") {
            return Err(PaperError::Crashed { status, reason: "what came out is not a PDF".to_owned() });
        }
        Ok(paper)
    }
}

/// Reads at most `most` bytes; a child that writes more gets a broken pipe.
async fn drain(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn ending(status: ExitStatus, reason: String) -> PaperError {
    use std::os::unix::process::ExitStatusExt;
    /// Numbers that Linux and the BSDs share, except SIGXCPU, which is 24 on all supported machines.
    const ABORT: i32 = 6;
    const KILL: i32 = 9;
    const CPU: i32 = 24;
    /// Exit status of a refused request, see `diemcau_typeset::press::Outcome`.
    const REFUSED: i32 = 65;
    /// Exit status when input or output failed: also when the request itself does not fit the memory.
    const BROKEN: i32 = 74;
    match (status.code(), status.signal()) {
        (Some(BROKEN), _) if reason.contains("out of memory") => PaperError::MemoryLimit,
        (Some(REFUSED), _) => PaperError::Form(reason),
        (_, Some(KILL | CPU)) => PaperError::TimeLimit,
        (_, Some(ABORT)) if reason.contains("memory allocation") => PaperError::MemoryLimit,
        _ => PaperError::Crashed { status, reason },
    }
}

/// The verb `typeset`: one request on standard input, the PDF on standard output, why not on standard error. Must be
/// the first thing that `main` does: it needs no configuration, no runtime and no log.
#[cfg(feature = "pdf")]
pub fn typeset_main() -> std::process::ExitCode {
    use std::io::Read as _;

    let fence = diemcau_typeset::Fence {
        memory: limits::PAPER_MEMORY,
        cpu_seconds: limits::PAPER_CPU.as_secs().saturating_add(1),
    };
    let most = u64::try_from(limits::PAPER_REQUEST_BYTES).unwrap_or(u64::MAX);
    let mut input = std::io::stdin().lock().take(most);
    let outcome =
        diemcau_typeset::press::run(fence, &mut input, &mut std::io::stdout().lock(), &mut std::io::stderr().lock());
    outcome.code().into()
}
