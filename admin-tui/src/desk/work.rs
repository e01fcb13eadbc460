//! The one task that owns the source and answers what screens ask, one question after
//! the other.

use std::collections::VecDeque;

use futures::future::{FutureExt, TryFutureExt};
use shared::model::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::source::{Answer, Aside, Cancel, Course, Question, Sent, Source, Told, Trouble};

/// A question that waits.
struct Asked {
    id: u64,
    at: Timestamp,
    question: Box<Question>,
}

/// What is counted beside the question that is being answered.
#[derive(Default)]
struct Asides {
    tasks: JoinSet<Told>,
    by_id: Vec<(u64, AbortHandle)>,
}

impl Asides {
    fn begin(&mut self, id: u64, aside: Aside<Answer>) {
        let handle = self.tasks.spawn(async move {
            let began = Instant::now();
            let answer = aside.await;
            Told { id, took: began.elapsed(), answer }
        });
        self.by_id.retain(|(_, other)| !other.is_finished());
        self.by_id.push((id, handle));
    }

    fn forget(&self, id: u64) {
        self.by_id.iter().filter(|(other, _)| *other == id).for_each(|(_, task)| task.abort());
    }

    /// What was counted next; never if nothing is.
    async fn next(&mut self) -> Told {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(told)) => return told,
                // Nobody waits for it any more.
                Some(Err(_)) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

/// Answers one question after the other, until nobody asks any more. A question that is
/// only a look is dropped, also half way, when nobody waits for its answer: a slow list
/// that was left does not keep the next one waiting. What is counted keeps nobody waiting.
pub(crate) async fn work(
    mut source: impl Source,
    mut questions: UnboundedReceiver<Sent>,
    told: UnboundedSender<Told>,
) {
    let mut queue = VecDeque::new();
    let mut asides = Asides::default();
    let mut open = true;
    while open || !queue.is_empty() {
        let Some(asked) = queue.pop_front() else {
            tokio::select! {
                counted = asides.next() => open = told.send(counted).is_ok(),
                sent = questions.recv() => match sent {
                    Some(sent) => note(&mut queue, &asides, sent),
                    None => open = false,
                }
            }
            continue;
        };
        let Asked { id, at, question } = &asked;
        let answering = answer(&mut source, (*id, *at, question.as_ref()), &told);
        tokio::pin!(answering);
        loop {
            tokio::select! {
                found = &mut answering => {
                    let heard = match found {
                        Found::Aside(aside) => {
                            asides.begin(*id, aside);
                            true
                        }
                        Found::Now(answer) => told.send(answer).is_ok(),
                    };
                    if !heard {
                        open = false;
                        queue.clear();
                    }
                    break;
                }
                counted = asides.next() => {
                    // Whoever does not hear it hears the answer neither.
                    let _ = told.send(counted);
                }
                sent = questions.recv(), if open => match sent {
                    Some(Sent::Forget(forgotten)) if forgotten == *id && question.is_a_look() => break,
                    Some(sent) => note(&mut queue, &asides, sent),
                    None => {
                        // Nobody waits for looks any more; what was begun is finished.
                        open = false;
                        queue.retain(|asked: &Asked| !asked.question.is_a_look());
                        if question.is_a_look() {
                            break;
                        }
                    }
                }
            }
        }
    }
    asides.tasks.shutdown().await;
    source.close().await;
}

fn note(queue: &mut VecDeque<Asked>, asides: &Asides, sent: Sent) {
    match sent {
        Sent::Asked { id, at, question } => queue.push_back(Asked { id, at, question }),
        Sent::Forget(forgotten) => {
            queue.retain(|asked| asked.id != forgotten || !asked.question.is_a_look());
            asides.forget(forgotten);
        }
    }
}

/// What came of a question.
enum Found<T> {
    /// The answer.
    Now(T),
    /// It is counted beside the next question.
    Aside(Aside<Answer>),
}

async fn answer(
    source: &mut impl Source,
    (id, at, question): (u64, Timestamp, &Question),
    told: &UnboundedSender<Told>,
) -> Found<Told> {
    let ready = source.ready().await;
    let began = Instant::now();
    let course = |cancel: &Cancel| Course { id, cancel: cancel.clone(), told: told.clone() };
    let answer = match ready {
        Ok(()) => match ask(source, question, at, course).await {
            Ok(Found::Aside(aside)) => return Found::Aside(aside),
            Ok(Found::Now(answer)) => Ok(answer),
            Err(trouble) => Err(trouble),
        },
        Err(trouble) => Err(trouble),
    };
    Found::Now(Told { id, took: began.elapsed(), answer })
}

async fn ask(
    source: &mut impl Source,
    question: &Question,
    now: Timestamp,
    course: impl Fn(&Cancel) -> Course,
) -> Result<Found<Answer>, Trouble> {
    Ok(Found::Now(match question {
        Question::Home => {
            let home = source.home(now).map_ok(|facts| Answer::Home(Box::new(facts)));
            return Ok(Found::Aside(home.boxed()));
        }
        Question::Counts => {
            return Ok(Found::Aside(source.counts(now).map_ok(Answer::Counts).boxed()));
        }
        Question::Page(query) => Answer::Page(source.page(query, now).await?),
        Question::Why(asked) => Answer::Detail(source.because(asked, now).await?),
        Question::Detail(target) => Answer::Detail(source.detail(target, now).await?),
        Question::Form(action, target) => Answer::Form(source.form(*action, target, now).await?),
        Question::Preview(errand) => Answer::Preview(source.preview(errand, now).await?),
        Question::Perform(errand, cancel) => {
            Answer::Performed(source.perform(errand, &course(cancel), now).await?)
        }
        Question::SignIn(credentials) => Answer::SignIn(source.sign_in(credentials, now).await?),
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::keys::ActionId;
    use crate::testing::{self, FakeSource, NOW};

    fn ask(id: u64, question: Question) -> Sent {
        Sent::Asked { id, at: NOW, question: Box::new(question) }
    }

    #[tokio::test]
    async fn a_look_that_nobody_waits_for_keeps_nobody_waiting() {
        let (send, questions) = unbounded_channel();
        let (told, mut answers) = unbounded_channel();
        let task = tokio::spawn(work(FakeSource, questions, told));
        // The fake never makes a form.
        send.send(ask(1, Question::Form(ActionId::UserAdd, testing::ada()))).unwrap();
        send.send(ask(2, Question::Detail(testing::ada()))).unwrap();
        send.send(Sent::Forget(1)).unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(5), answers.recv()).await;
        let answer = answer.expect("it goes on with the next question").unwrap();
        assert_eq!(answer.id, 2);
        drop(send);
        task.await.unwrap();
    }

    /// Of millions it takes seconds, and what happens is shown within one.
    #[tokio::test]
    async fn what_is_counted_keeps_nobody_waiting_and_is_told_when_it_is_known() {
        let (send, questions) = unbounded_channel();
        let (told, mut answers) = unbounded_channel();
        let task = tokio::spawn(work(FakeSource, questions, told));
        // The fake takes a second for the counts, and never answers for home.
        send.send(ask(1, Question::Home)).unwrap();
        send.send(ask(2, Question::Counts)).unwrap();
        send.send(ask(3, Question::Detail(testing::ada()))).unwrap();
        let mut ids = Vec::new();
        while ids.len() < 2 {
            let answer = tokio::time::timeout(Duration::from_secs(5), answers.recv()).await;
            ids.push(answer.expect("somebody is answered").unwrap().id);
        }
        assert_eq!(ids, [3, 2]);
        // Nobody waits for what is still being counted.
        send.send(Sent::Forget(1)).unwrap();
        drop(send);
        task.await.unwrap();
        assert!(answers.recv().await.is_none());
    }

    #[tokio::test]
    async fn what_was_begun_is_finished_also_if_everybody_leaves() {
        let (send, questions) = unbounded_channel();
        let (told, mut answers) = unbounded_channel();
        let errand = testing::errand();
        send.send(ask(1, Question::Perform(errand, Cancel::default()))).unwrap();
        send.send(Sent::Forget(1)).unwrap();
        drop(send);
        work(FakeSource, questions, told).await;
        let progress = answers.recv().await.unwrap();
        assert!(matches!(progress.answer, Ok(Answer::Progress(_))), "{progress:?}");
        let done = answers.recv().await.unwrap();
        assert!(matches!(done.answer, Ok(Answer::Performed(_))), "{done:?}");
    }
}
