//! Where one has been, and the way back.

use crate::place::Place;
use crate::screen::Screen;

/// The most visits that are kept.
const MOST: usize = 50;

/// A place with its screen, as it was left.
pub(super) struct Visit {
    /// The place.
    pub(super) place: Place,
    /// Its screen.
    pub(super) screen: Box<dyn Screen>,
}

/// All visits, and which one it is now.
pub(super) struct History {
    before: Vec<Visit>,
    now: Visit,
    after: Vec<Visit>,
}

impl History {
    /// Begins here.
    pub(super) fn new(now: Visit) -> Self {
        Self { before: Vec::new(), now, after: Vec::new() }
    }

    /// Where one is.
    pub(super) fn here(&self) -> &Visit {
        &self.now
    }

    /// The same, to be changed.
    pub(super) fn here_mut(&mut self) -> &mut Visit {
        &mut self.now
    }

    /// Goes somewhere; what lay ahead is forgotten.
    pub(super) fn go(&mut self, visit: Visit) {
        self.now.screen.on_leave();
        self.after.clear();
        self.before.push(std::mem::replace(&mut self.now, visit));
        if self.before.len() > MOST {
            self.before.remove(0);
        }
    }

    /// Goes back; false if there is nowhere to go.
    pub(super) fn back(&mut self) -> bool {
        step(&mut self.before, &mut self.now, &mut self.after)
    }

    /// Goes forward again; false if there is nowhere to go.
    pub(super) fn forward(&mut self) -> bool {
        step(&mut self.after, &mut self.now, &mut self.before)
    }
}

fn step(from: &mut Vec<Visit>, now: &mut Visit, to: &mut Vec<Visit>) -> bool {
    let Some(next) = from.pop() else { return false };
    now.screen.on_leave();
    to.push(std::mem::replace(now, next));
    true
}
