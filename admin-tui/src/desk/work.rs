//! The one task that owns the source and answers what screens ask, one question after
//! the other.

use std::collections::VecDeque;

use shared::model::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use crate::source::{Answer, Cancel, Course, Question, Sent, Source, Told, Trouble};

/// A question that waits.
struct Asked {
    id: u64,
    at: Timestamp,
    question: Box<Question>,
}

/// Answers one question after the other, until nobody asks any more. A question that is
/// only a look is dropped, also half way, when nobody waits for its answer: a slow list
/// that was left does not keep the next one waiting.
pub(crate) async fn work(
    mut source: impl Source,
    mut questions: UnboundedReceiver<Sent>,
    told: UnboundedSender<Told>,
) {
    let mut queue = VecDeque::new();
    let mut open = true;
    while open || !queue.is_empty() {
        let Some(asked) = queue.pop_front() else {
            match questions.recv().await {
                Some(sent) => note(&mut queue, sent),
                None => open = false,
            }
            continue;
        };
        let Asked { id, at, question } = &asked;
        let answering = answer(&mut source, (*id, *at, question.as_ref()), &told);
        tokio::pin!(answering);
        loop {
            tokio::select! {
                answer = &mut answering => {
                    if told.send(answer).is_err() {
                        open = false;
                        queue.clear();
                    }
                    break;
                }
                sent = questions.recv(), if open => match sent {
                    Some(Sent::Forget(forgotten)) if forgotten == *id && question.is_a_look() => break,
                    Some(sent) => note(&mut queue, sent),
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
    source.close().await;
}

fn note(queue: &mut VecDeque<Asked>, sent: Sent) {
    match sent {
        Sent::Asked { id, at, question } => queue.push_back(Asked { id, at, question }),
        Sent::Forget(forgotten) => {
            queue.retain(|asked| asked.id != forgotten || !asked.question.is_a_look());
        }
    }
}

async fn answer(
    source: &mut impl Source,
    (id, at, question): (u64, Timestamp, &Question),
    told: &UnboundedSender<Told>,
) -> Told {
    let ready = source.ready().await;
    let began = Instant::now();
    let course = |cancel: &Cancel| Course { id, cancel: cancel.clone(), told: told.clone() };
    let answer = match ready {
        Ok(()) => ask(source, question, at, course).await,
        Err(trouble) => Err(trouble),
    };
    Told { id, took: began.elapsed(), answer }
}

async fn ask(
    source: &mut impl Source,
    question: &Question,
    now: Timestamp,
    course: impl Fn(&Cancel) -> Course,
) -> Result<Answer, Trouble> {
    Ok(match question {
        Question::Home => Answer::Home(Box::new(source.home(now).await?)),
        Question::Counts => Answer::Counts(source.counts(now).await?),
        Question::Page(query) => Answer::Page(source.page(query, now).await?),
        Question::Why(asked) => Answer::Detail(source.because(asked, now).await?),
        Question::Detail(target) => Answer::Detail(source.detail(target, now).await?),
        Question::Form(action, target) => Answer::Form(source.form(*action, target, now).await?),
        Question::Preview(errand) => Answer::Preview(source.preview(errand, now).await?),
        Question::Perform(errand, cancel) => {
            Answer::Performed(source.perform(errand, &course(cancel), now).await?)
        }
        Question::SignIn(credentials) => Answer::SignIn(source.sign_in(credentials, now).await?),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::testing::{self, FakeSource, NOW};

    fn ask(id: u64, question: Question) -> Sent {
        Sent::Asked { id, at: NOW, question: Box::new(question) }
    }

    #[tokio::test]
    async fn a_look_that_nobody_waits_for_keeps_nobody_waiting() {
        let (send, questions) = unbounded_channel();
        let (told, mut answers) = unbounded_channel();
        let task = tokio::spawn(work(FakeSource, questions, told));
        // The fake never answers for home.
        send.send(ask(1, Question::Home)).unwrap();
        send.send(ask(2, Question::Detail(testing::ada()))).unwrap();
        send.send(Sent::Forget(1)).unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(5), answers.recv()).await;
        let answer = answer.expect("it goes on with the next question").unwrap();
        assert_eq!(answer.id, 2);
        drop(send);
        task.await.unwrap();
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
