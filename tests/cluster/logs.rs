//! Logs that are followed through all that may happen to them, byte by byte: every line once and in order.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::iter;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use kube::client::Body;
use seldonplay::cluster::{Cluster, LogOptions, LogStream, Settings};
use tokio::time::{Duration, sleep};

/// An answer: its status, what comes of its body, and how that ends.
struct Answer {
    code: u16,
    body: &'static [u8],
    end: End,
}

enum End {
    /// The container has ended: the stream ends at once.
    Done,
    /// The stream ends after a while.
    Later,
    /// The connection breaks.
    Broken,
}

fn answer(body: &'static str, end: End) -> Answer {
    Answer { code: 200, body: body.as_bytes(), end }
}

/// A server that gives these answers, one for each request, and what it was asked for.
fn server(answers: Vec<Answer>) -> (Cluster, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (noted, answers) = (asked.clone(), Arc::new(Mutex::new(VecDeque::from(answers))));
    let service = tower::service_fn(move |request: Request<Body>| {
        noted.lock().unwrap().push(request.uri().query().unwrap_or_default().to_owned());
        let next = answers.lock().unwrap().pop_front();
        async move {
            let Answer { code, body, end } =
                next.unwrap_or(Answer { code: 400, body: b"nothing more", end: End::Done });
            // In pieces, that lines are cut in the midst of letters.
            let mut pieces: Vec<Result<Bytes, io::Error>> =
                body.chunks(7).map(|piece| Ok(Bytes::from_static(piece))).collect();
            if matches!(end, End::Broken) {
                pieces.push(Err(io::Error::other("it broke")));
            }
            let later = matches!(end, End::Later);
            let last = futures_util::stream::once(async move {
                if later {
                    sleep(Duration::from_secs(2)).await;
                }
                Ok(Bytes::new())
            });
            let pieces = futures_util::StreamExt::chain(iter(pieces), last);
            let frames = futures_util::StreamExt::map(pieces, |piece| piece.map(Frame::data));
            Response::builder().status(code).body(StreamBody::new(Box::pin(frames)))
        }
    });
    let client = kube::Client::new(service, "default");
    (Cluster::new(client.clone(), client, Settings { seed: 7, ..Settings::default() }), asked)
}

async fn all(log: &mut LogStream) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = log.next().await {
        lines.push(format!("{} {}", line.time, line.text));
    }
    lines
}

fn options() -> LogOptions {
    LogOptions { container: Some("app".into()), tail: Some(10), ..LogOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_breaks_off_loses_and_repeats_nothing_within_a_second() {
    let (cluster, asked) = server(vec![
        answer(
            "2026-01-01T00:00:01.100000000Z a\n2026-01-01T00:00:01.200000000Z b\n2026-01-01T00:00:01.200000000Z b\n2026-01-01T00:00:01.3",
            End::Broken,
        ),
        // From the whole second of the last line on, as a server tells it.
        answer(
            "2026-01-01T00:00:01.100000000Z a\n2026-01-01T00:00:01.200000000Z b\n2026-01-01T00:00:01.200000000Z b\n2026-01-01T00:00:01.200000000Z b\n2026-01-01T00:00:01.300000000Z größe\r\n",
            End::Later,
        ),
        answer(
            "2026-01-01T00:00:01.100000000Z a\n2026-01-01T00:00:01.300000000Z größe\n2026-01-01T00:00:01.400000000Z without an end",
            End::Done,
        ),
    ]);
    let lines = all(&mut cluster.follow_log("n", "web", options())).await;
    assert_eq!(
        lines,
        [
            "2026-01-01T00:00:01.100000000Z a",
            "2026-01-01T00:00:01.200000000Z b",
            "2026-01-01T00:00:01.200000000Z b",
            "2026-01-01T00:00:01.200000000Z b",
            "2026-01-01T00:00:01.300000000Z größe",
            "2026-01-01T00:00:01.400000000Z without an end",
        ]
    );
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0], "container=app&tailLines=10&follow=true&timestamps=true");
    assert_eq!(
        asked[1],
        "container=app&sinceTime=2026-01-01T00%3A00%3A01.200000000Z&follow=true&timestamps=true"
    );
    assert_eq!(asked.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_started_anew_is_told_to_its_end_and_then_from_its_beginning() {
    let (cluster, asked) = server(vec![
        answer("2026-01-01T00:00:01.000000000Z one\n2026-01-01T00:00:02.000000000Z two\n", End::Done),
        // The last words of the one before, which were never sent.
        answer(
            "2026-01-01T00:00:02.000000000Z two\n2026-01-01T00:00:03.000000000Z panic: out of rice",
            End::Done,
        ),
        answer("2026-01-01T00:00:09.000000000Z one\n", End::Done),
    ]);
    let mut log = cluster.follow_log("n", "web", options());
    assert_eq!(
        all(&mut log).await,
        ["2026-01-01T00:00:01.000000000Z one", "2026-01-01T00:00:02.000000000Z two"]
    );
    log.restarted();
    assert_eq!(
        all(&mut log).await,
        ["2026-01-01T00:00:03.000000000Z panic: out of rice", "2026-01-01T00:00:09.000000000Z one"]
    );
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        asked[1],
        "container=app&previous=true&sinceTime=2026-01-01T00%3A00%3A02.000000000Z&timestamps=true"
    );
    assert_eq!(
        asked[2],
        "container=app&sinceTime=2026-01-01T00%3A00%3A03.000000000Z&follow=true&timestamps=true"
    );
}

#[tokio::test(start_paused = true)]
async fn that_nothing_is_left_of_the_container_before_says_nothing_of_the_new_one() {
    let (cluster, _) = server(vec![
        answer("2026-01-01T00:00:01.000000000Z one\n", End::Done),
        Answer { code: 400, body: b"previous terminated container not found", end: End::Done },
        answer("2026-01-01T00:00:09.000000000Z two\n", End::Done),
    ]);
    let mut log = cluster.follow_log("n", "web", options());
    assert_eq!(all(&mut log).await.len(), 1);
    log.restarted();
    assert_eq!(all(&mut log).await, ["2026-01-01T00:00:09.000000000Z two"]);
}
