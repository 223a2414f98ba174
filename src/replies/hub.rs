//! The replies that are written or followed on this instance, each once, however many follow it.
//!
//! One that is written here is filled by its runner. Any other is a mirror: it is filled by what the bus brings and by
//! what the database has ([`super::mirrors`]), and forgotten when nobody follows it any more.

use super::{
    Cursor,
    notice::Said,
    progress::{News, Progress},
    publish::Asked,
};
use crate::store::{Id, messages::Message};
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long a mirror may be without news until the database is looked at.
const SILENCE: Duration = Duration::from_secs(1);
/// The same when the database has told nothing new again and again.
const LONGEST_SILENCE: Duration = Duration::from_secs(4);

/// A reply that is being written here: where to read it, and how to stop it.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// Where it belongs: a conversation's replies are stopped together.
    conversation_id: Id,
    position: i32,
    /// Which attempt is being made.
    pub attempt: i32,
    /// The runner appends to it, and subscribers watch it.
    pub progress: watch::Sender<Progress>,
    /// The user has asked for it to stop.
    pub stop: CancellationToken,
    /// It is not written here any more.
    pub over: CancellationToken,
    /// What other instances have asked for.
    pub asked: Arc<Asked>,
}

/// A reply that is written elsewhere, or by nobody yet.
#[derive(Debug)]
struct Mirror {
    /// When there was news of it, from wherever, or the database was looked at.
    news: Instant,
    /// How long it may be without news until the database is looked at.
    patience: Duration,
    /// Whoever writes it is to be asked what follows.
    ask: bool,
    /// The database is to be looked at without delay.
    look: bool,
}

#[derive(Debug)]
enum Entry {
    Live(Live),
    Mirror(watch::Sender<Progress>, Mirror),
}

impl Entry {
    fn progress(&self) -> &watch::Sender<Progress> {
        match self {
            Self::Live(live) => &live.progress,
            Self::Mirror(progress, _) => progress,
        }
    }
}

/// The replies by their message.
#[derive(Debug, Default)]
pub(super) struct Hub {
    entries: Mutex<HashMap<Id, Entry>>,
    /// A mirror wants something to be asked for.
    pub ask: Notify,
    /// A mirror wants the database to be looked at.
    pub look: Notify,
}

/// What is to be done about the mirrors.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Nobody follows these any more.
    pub abandoned: Vec<Id>,
    /// Of these the database may know more.
    pub silent: Vec<Id>,
}

impl Hub {
    /// The reply, if it is written here.
    pub fn live(&self, reply: Id) -> Option<Live> {
        match self.lock().get(&reply)? {
            Entry::Live(live) => Some(live.clone()),
            Entry::Mirror(..) => None,
        }
    }

    /// How many replies are written here.
    pub fn count_live(&self) -> usize {
        self.lock().values().filter(|entry| matches!(entry, Entry::Live(_))).count()
    }

    /// The reply's progress, if it is written or followed here.
    pub fn progress(&self, reply: Id) -> Option<watch::Receiver<Progress>> {
        self.lock().get(&reply).map(|entry| entry.progress().subscribe())
    }

    /// The reply's progress, given what the database has of it; and whether it is a new mirror. What is finished is
    /// not mirrored.
    pub fn follow(&self, stored: Message) -> (watch::Receiver<Progress>, bool) {
        let mut entries = self.lock();
        match entries.get_mut(&stored.id) {
            Some(entry) => {
                let progress = entry.progress().subscribe();
                if let Entry::Mirror(progress, _) = entry {
                    progress.send_if_modified(|progress| progress.learn(stored));
                }
                (progress, false)
            }
            None => {
                let (reply, new) = (stored.id, !stored.status.is_final());
                let progress = watch::Sender::new(Progress::of(stored));
                let followed = progress.subscribe();
                if new {
                    entries.insert(reply, Entry::Mirror(progress, Mirror::new()));
                }
                (followed, new)
            }
        }
    }

    /// A reply is written here from now on. Those who follow it already go on with what is written; true if it was
    /// mirrored until now.
    pub fn enter(&self, reply: &Message) -> (Live, bool) {
        let mut entries = self.lock();
        let before = entries.remove(&reply.id);
        let mirrored = matches!(before, Some(Entry::Mirror(..)));
        let progress = match before {
            Some(entry) => entry.progress().clone(),
            None => watch::Sender::new(Progress::of(reply.clone())),
        };
        progress.send_if_modified(|progress| progress.learn(reply.clone()));
        let live = Live {
            conversation_id: reply.conversation_id,
            position: reply.position.unwrap_or_default(),
            attempt: reply.attempt,
            progress,
            stop: CancellationToken::new(),
            over: CancellationToken::new(),
            asked: Arc::default(),
        };
        entries.insert(reply.id, Entry::Live(live.clone()));
        (live, mirrored)
    }

    /// The reply is not written here any more; true if it is a mirror now, for those who follow it still.
    pub fn leave(&self, reply: Id, live: &Live) -> bool {
        live.over.cancel();
        let mut entries = self.lock();
        // Another may have entered meanwhile.
        match entries.get(&reply) {
            Some(Entry::Live(entered)) if Arc::ptr_eq(&entered.asked, &live.asked) => entries.remove(&reply),
            _ => return false,
        };
        let goes_on = live.progress.borrow().end.is_none() && live.progress.receiver_count() > 0;
        if goes_on {
            entries
                .insert(reply, Entry::Mirror(live.progress.clone(), Mirror { look: true, ..Mirror::new() }));
            self.look.notify_one();
        }
        goes_on
    }

    /// Stops what is written here of a conversation before a position.
    pub fn stop_before(&self, conversation: Id, position: i32) {
        for entry in self.lock().values() {
            match entry {
                Entry::Live(live) if live.conversation_id == conversation && live.position < position => {
                    live.stop.cancel();
                }
                Entry::Live(_) | Entry::Mirror(..) => {}
            }
        }
    }

    /// Whether the reply is followed here and not written here.
    pub fn mirrors(&self, reply: Id) -> bool {
        matches!(self.lock().get(&reply), Some(Entry::Mirror(..)))
    }

    /// The bus can be heard: whoever writes the reply is to be asked for what was missed. Should it have ended before,
    /// nobody will answer; the database tells.
    pub fn joined(&self, reply: Id) {
        if let Some(Entry::Mirror(_, mirror)) = self.lock().get_mut(&reply) {
            (mirror.ask, mirror.look) = (true, true);
            self.ask.notify_one();
            self.look.notify_one();
        }
    }

    /// The bus tells what was said.
    pub fn hear(&self, reply: Id, said: &Said<'_>) {
        if let Some(Entry::Mirror(progress, mirror)) = self.lock().get_mut(&reply) {
            let mut news = News::Old;
            progress.send_if_modified(|progress| {
                news = progress.hear(said);
                news == News::New
            });
            match news {
                // Whoever tells it has not been heard to answer: until then the mirror counts as silent.
                News::Gap => {
                    mirror.ask = true;
                    self.ask.notify_one();
                }
                News::New => mirror.has_news(),
                // That its writer lives and has no more to say is news; what an earlier one says is none.
                News::Old if said.attempt == progress.borrow().attempt => mirror.news = Instant::now(),
                News::Old => {}
            }
            if said.over {
                mirror.look = true;
                self.look.notify_one();
            }
        }
    }

    /// What the mirrors are to ask for: from where on they lack the text.
    pub fn asks(&self) -> Vec<(Id, Cursor)> {
        let mut entries = self.lock();
        let asks = entries.iter_mut().filter_map(|(reply, entry)| {
            let Entry::Mirror(progress, mirror) = entry else { return None };
            let progress = progress.borrow();
            let lacks_after = Cursor { attempt: progress.attempt, offset: progress.text.len() };
            mem::take(&mut mirror.ask).then_some((*reply, lacks_after))
        });
        asks.collect()
    }

    /// Forgets the mirrors that nobody follows, and tells which others have been without news for long. They ask again,
    /// too: the one who was asked may not have heard it.
    pub fn round(&self) -> Round {
        let mut round = Round::default();
        self.lock().retain(|reply, entry| {
            let Entry::Mirror(progress, mirror) = entry else { return true };
            if progress.receiver_count() == 0 {
                round.abandoned.push(*reply);
                return false;
            }
            if mem::take(&mut mirror.look) || mirror.news.elapsed() >= mirror.patience {
                mirror.ask = true;
                round.silent.push(*reply);
            }
            true
        });
        if !round.silent.is_empty() {
            self.ask.notify_one();
        }
        round
    }

    /// The database has this of a reply; true if that is its end.
    pub fn learn(&self, stored: Message) -> bool {
        let mut entries = self.lock();
        let (reply, over) = (stored.id, stored.status.is_final());
        let Some(Entry::Mirror(progress, mirror)) = entries.get_mut(&reply) else { return false };
        if progress.send_if_modified(|progress| progress.learn(stored)) {
            mirror.has_news();
        } else {
            // One that waits for its turn, or for its model, may do so for long.
            (mirror.news, mirror.patience) = (Instant::now(), LONGEST_SILENCE.min(mirror.patience * 2));
        }
        if over {
            entries.remove(&reply);
        }
        over
    }

    /// There is no such reply any more; true if it was mirrored.
    pub fn forget(&self, reply: Id) -> bool {
        let mut entries = self.lock();
        let mirrored = matches!(entries.get(&reply), Some(Entry::Mirror(..)));
        if mirrored {
            entries.remove(&reply);
        }
        mirrored
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Id, Entry>> {
        // Nothing that could panic is done under the lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mirror {
    fn new() -> Self {
        Self { news: Instant::now(), patience: SILENCE, ask: false, look: false }
    }

    fn has_news(&mut self) {
        (self.news, self.patience) = (Instant::now(), SILENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Instant as Moment, MessageStatus};
    use tokio::time::advance;
    use uuid::Uuid;

    fn reply(attempt: i32, content: &str) -> Message {
        let asked = Message::said(Id(Uuid::nil()), Id(Uuid::nil()), None, 0, String::new(), Moment(0));
        let reply = asked.pending_reply(Id(Uuid::max()), "echo".into());
        Message { attempt, content: content.to_owned(), status: MessageStatus::Streaming, ..reply }
    }

    fn said(attempt: i32, offset: usize, text: &str) -> Said<'_> {
        Said { attempt, offset, text: text.into(), over: false }
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_used_keeps_no_mirror_from_the_checkpoints() {
        // Something is missing before it, or it is of an attempt that is over.
        for useless in [said(2, 9, "jkl"), said(1, 0, "abcdef")] {
            let (hub, id) = (Hub::default(), reply(1, "").id);
            let (_followed, new) = hub.follow(reply(2, "abc"));
            assert!(new);
            advance(SILENCE).await;
            hub.hear(id, &useless);
            assert_eq!(hub.round().silent, [id], "{useless:?}");
            assert_eq!(hub.asks(), [(id, Cursor { attempt: 2, offset: 3 })]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_mirror_without_news_is_looked_for_less_and_less_often() {
        let (hub, id) = (Hub::default(), reply(1, "").id);
        let (_followed, _) = hub.follow(reply(1, "a"));
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let mut waited = Duration::ZERO;
            while hub.round().silent.is_empty() {
                advance(SILENCE).await;
                waited += SILENCE;
            }
            pauses.push(waited.as_secs());
            hub.learn(reply(1, "a"));
        }
        assert_eq!(pauses, [1, 2, 4, 4]);
        hub.hear(id, &said(1, 1, "b"));
        advance(SILENCE).await;
        assert_eq!(hub.round().silent, [id], "with news it is looked for again as at first");
    }

    #[tokio::test]
    async fn a_mirror_is_there_while_somebody_follows_and_becomes_the_writers() {
        let (hub, id) = (Hub::default(), reply(1, "").id);
        let (mut followed, _) = hub.follow(reply(1, "a"));
        assert!(!hub.follow(reply(1, "ab")).1, "there is one for all");
        assert_eq!(followed.borrow_and_update().text, "ab");
        let (live, mirrored) = hub.enter(&reply(2, ""));
        assert!(mirrored && !hub.mirrors(id));
        live.progress.send_modify(|progress| progress.text.push('x'));
        let seen = followed.borrow_and_update().clone();
        assert_eq!((seen.attempt, &*seen.text), (2, "x"));
        // One that has entered since is not put out by one before.
        let (next, _) = hub.enter(&reply(3, ""));
        assert!(!hub.leave(id, &live) && hub.live(id).is_some() && live.over.is_cancelled());
        assert!(hub.leave(id, &next) && hub.mirrors(id), "it is followed still");
        drop(followed);
        drop((live, next));
        assert_eq!(hub.round().abandoned, [id]);
        assert!(hub.progress(id).is_none());
    }
}
