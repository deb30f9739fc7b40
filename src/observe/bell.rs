//! Which of many sources has something new: each rings a bell of its own, so that the others need not be asked.
//! It must never know what is heard.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Who is woken by all bells of a house.
#[derive(Clone, Debug, Default)]
pub(super) struct House(Arc<Mutex<Option<Waker>>>);

impl House {
    /// A bell that has rung already: its source was never asked.
    pub fn bell(&self) -> Bell {
        Bell(Arc::new(Button { rung: AtomicBool::new(true), house: self.clone() }))
    }

    /// Whoever polls now is woken from now on.
    pub fn listen(&self, cx: &Context<'_>) {
        let mut whom = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !whom.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *whom = Some(cx.waker().clone());
        }
    }
}

/// The bell of one source.
#[derive(Debug)]
pub(super) struct Bell(Arc<Button>);

#[derive(Debug)]
struct Button {
    rung: AtomicBool,
    house: House,
}

impl Wake for Button {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let whom = self.house.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(whom) = whom {
            whom.wake();
        }
    }
}

impl Bell {
    /// Asks the source, if its bell has rung since it last had nothing.
    pub fn answer<T>(&self, source: impl Future<Output = T>) -> Option<T> {
        if !self.0.rung.swap(false, Ordering::Acquire) {
            return None;
        }
        match pin!(source).poll(&mut Context::from_waker(&Waker::from(self.0.clone()))) {
            Poll::Ready(heard) => {
                // There may be more.
                self.0.rung.store(true, Ordering::Release);
                Some(heard)
            }
            Poll::Pending => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::sync::mpsc::unbounded_channel;

    #[tokio::test]
    async fn a_source_is_asked_when_its_bell_has_rung_and_only_then() {
        let (house, (sender, mut receiver)) = (House::default(), unbounded_channel());
        let (bell, mut asked) = (house.bell(), 0);
        let mut next = async || {
            poll_fn(|cx| {
                house.listen(cx);
                let source = async {
                    asked += 1;
                    receiver.recv().await
                };
                bell.answer(source).map_or(Poll::Pending, Poll::Ready)
            })
            .await
        };
        sender.send(1).unwrap_or_default();
        assert_eq!(next().await, Some(1));
        let later = tokio::spawn(async move {
            tokio::task::yield_now().await;
            sender.send(2).unwrap_or_default();
        });
        assert_eq!(next().await, Some(2));
        assert_eq!(next().await, None, "nobody is left who could send");
        assert!(later.await.is_ok());
        assert!(asked <= 5, "it was asked {asked} times");
    }
}
