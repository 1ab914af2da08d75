//! A program that is told something on its standard input: no shell, some time, and the end of what it says.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::settings::OF_SERVICE;

/// Of what it says on stderr so many bytes are kept, the last ones.
const KEPT: usize = 2 << 10;
/// How long whatever it started may hold its stderr open after it has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs it and waits for its end. The error is the rest of a sentence that begins with the program.
pub(super) async fn tell(words: &[String], folder: &Path, what: &[u8], patience: Duration) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Err("is not named".to_owned()) };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    for name in OF_SERVICE {
        command.env_remove(name);
    }
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| format!("did not start: {error}"))?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let said = tokio::spawn(async move {
        match stderr {
            Some(stderr) => end_of(stderr).await,
            None => String::new(),
        }
    });
    let ended = tokio::time::timeout(patience, async {
        if let Some(mut stdin) = stdin {
            // A program that does not read it has ended, or needs none of it: how it ends is what counts.
            let _ = stdin.write_all(what).await;
        }
        child.wait().await
    });
    let Ok(ended) = ended.await else {
        kill(&mut child);
        let _ = child.wait().await;
        said.abort();
        return Err(format!("took longer than {} and was ended", crate::model::span(patience)));
    };
    let status = ended.map_err(|error| format!("cannot be waited for: {error}"))?;
    let aborts = said.abort_handle();
    let said = match tokio::time::timeout(LAST_WORDS, said).await {
        Ok(said) => said.unwrap_or_default(),
        Err(_) => {
            aborts.abort();
            String::new()
        }
    };
    match (status.success(), said.lines().rev().find(|line| !line.trim().is_empty())) {
        (true, _) => Ok(()),
        (false, None) => Err(format!("failed ({status})")),
        (false, Some(line)) => Err(format!("failed ({status}): {}", line.trim())),
    }
}

/// Ends it and whatever it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
}

/// Reads all of it, so that nobody waits for a reader, and keeps its end.
async fn end_of(mut stream: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut piece) = (Vec::new(), vec![0; 4 << 10]);
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        kept.extend_from_slice(&piece[..read]);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    async fn tell_shell(script: &str, what: &[u8], patience: Duration) -> Result<(), String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        tell(&words, Path::new("/"), what, patience).await
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_program_reads_the_message_and_its_failure_is_told_in_its_words() {
        assert_eq!(tell_shell("read line; test \"$line\" = hello", b"hello\n", LONG).await, Ok(()));
        let error = tell_shell("echo first >&2; echo no such pager >&2; exit 3", b"", LONG).await.unwrap_err();
        assert_eq!(error, "failed (exit status: 3): no such pager");
        let error = tell(&["no-such-program-here".to_owned()], Path::new("/"), b"", LONG).await.unwrap_err();
        assert!(error.starts_with("did not start: "), "{error}");
    }

    #[tokio::test]
    async fn one_that_reads_nothing_and_says_much_holds_nobody_up() {
        let message = vec![b'x'; 1 << 20];
        assert_eq!(tell_shell("exec <&-; yes | head -c 1000000 >&2", &message, LONG).await, Ok(()));
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; wait", pid.display());
        let error = tell_shell(&script, b"", Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error, "took longer than 1 s and was ended");
        #[expect(clippy::disallowed_methods, reason = "what the program has written")]
        let id: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let child = rustix::process::Pid::from_raw(id).unwrap();
        let ended = async {
            // It is gone, or waits for whoever inherits it.
            while rustix::process::test_kill_process(child).is_ok() && !is_zombie(id) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, ended).await.expect("what it started is alive");
    }

    #[expect(clippy::disallowed_methods, reason = "the system's own account of a process")]
    fn is_zombie(id: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }
}
