//! Output that nobody reads to its end, such as that of `server audit | head`.

use std::{
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs the program. `println!` panics when the reader has left; what is open is still dropped then, such as a private
/// database, and the program ends without a word, since the rest was not wanted.
pub fn run(program: impl FnOnce() -> ExitCode) -> ExitCode {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if reader_left(info) {
            CLOSED.store(true, Ordering::Relaxed);
        } else {
            others(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(program)) {
        Ok(code) => code,
        Err(_) if CLOSED.load(Ordering::Relaxed) => ExitCode::SUCCESS,
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// The words are those of the standard library.
fn reader_left(info: &PanicHookInfo<'_>) -> bool {
    let text = info.payload().downcast_ref::<String>();
    text.is_some_and(|text| {
        text.starts_with("failed printing to stdout") && text.contains("Broken pipe")
    })
}
