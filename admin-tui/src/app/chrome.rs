//! The frame around the screen: where one is, who one is, how the store does, and what
//! the keys do.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::front::Front;
use super::{App, LEAST};
use crate::keys::{BINDINGS, Context};
use crate::place::Place;
use crate::screen::Health;
use crate::widgets::frame;

/// Work that ends sooner than this is not worth a dialog.
const SHORT: Duration = Duration::from_millis(400);

/// So many keys of a list or a page are hinted at before its actions.
const FIRST: usize = 2;

/// Where everything goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    head: Rect,
    pub(super) tabs: Rect,
    banner: Rect,
    pub(super) body: Rect,
    foot: Rect,
}

impl App {
    /// Where everything goes on a terminal of this size.
    pub(super) fn parts(&self, area: Rect) -> Parts {
        let banner = u16::from(self.operator.break_glass);
        let body = frame::below(area, 2 + banner);
        Parts {
            head: frame::line(area, 0),
            tabs: frame::line(area, 1),
            banner: Rect { height: banner, ..frame::below(area, 2) }.intersection(area),
            body: Rect { height: body.height.saturating_sub(1), ..body },
            foot: frame::line(area, area.height.saturating_sub(1)),
        }
    }

    /// Draws everything.
    pub(crate) fn draw(&self, buffer: &mut Buffer) {
        let area = buffer.area;
        if area.width < LEAST.0 || area.height < LEAST.1 {
            let text = format!(
                "The window is too small: it has {} columns and {} rows, and {} and {} are needed.",
                area.width, area.height, LEAST.0, LEAST.1
            );
            frame::text(buffer, area, &text, Style::new());
            return;
        }
        let parts = self.parts(area);
        self.draw_head(buffer, parts.head);
        if *self.place() != Place::SignIn {
            self.draw_tabs(buffer, parts.tabs);
        }
        if self.operator.break_glass {
            let style = self.look.theme.banner;
            buffer.set_style(parts.banner, style);
            let text = " BREAK GLASS: nobody asked who you are. Everything is written down.";
            buffer.set_stringn(
                parts.banner.x,
                parts.banner.y,
                text,
                usize::from(area.width),
                style,
            );
        }
        self.history.here().screen.draw(buffer, parts.body, &self.look);
        self.draw_foot(buffer, parts.foot);
        for front in &self.fronts {
            let short = |since| self.look.now.since(since) < SHORT;
            if !matches!(front, Front::Progress(_, since) if short(*since)) {
                front.shown().draw(buffer, parts.body, &self.look);
            }
        }
        self.look.finish(buffer);
    }

    fn draw_head(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.look.theme;
        let (state, style) = match self.history.here().screen.health() {
            Health::Unknown => ("○ WAIT".to_owned(), theme.quiet),
            Health::Well => ("● LIVE".to_owned(), theme.well),
            Health::Resting(seconds) => (format!("● LIVE, again in {seconds} s"), theme.well),
            Health::Slow(seconds) => (format!("○ WAIT {seconds} s"), theme.slow),
            Health::Lost(..) => ("× STORE GONE".to_owned(), theme.wrong),
            Health::Refused(_) => ("× REFUSED".to_owned(), theme.wrong),
        };
        // To the minute: a clock that ticks would send something over ssh every second.
        let time = self.look.now.to_string();
        let time = time.get(11..16).unwrap_or_default();
        let mut spans = vec![Span::styled(" Signet", theme.accent)];
        let crumbs = self.place().crumbs();
        for (number, crumb) in crumbs.iter().enumerate() {
            let last = number + 1 == crumbs.len();
            spans.push(Span::styled(" › ", theme.quiet));
            spans.push(Span::styled(crumb, if last { theme.strong } else { Style::new() }));
        }
        let way = Line::from(spans);
        let right = |who: String| {
            Line::from_iter([
                Span::styled(who, theme.quiet),
                Span::styled(state.clone(), style),
                Span::styled(format!("  {time} UTC "), theme.quiet),
            ])
        };
        // Where one is goes before who one is.
        let with_who = right(format!("{}  ", self.who()));
        let fits = way.width() + with_who.width() + 2 <= usize::from(area.width);
        let right = if fits { with_who } else { right(String::new()) };
        let width = u16::try_from(right.width()).unwrap_or(0).min(area.width);
        let place = Rect { x: area.right() - width, width, ..area };
        if *self.place() != Place::SignIn {
            right.render(place, buffer);
        }
        let left = Rect { width: area.width.saturating_sub(width + 2), ..area };
        way.render(left, buffer);
    }

    /// The menu's words that there is room for, with the column that each begins at and its
    /// place in the menu: those around the one that one is on.
    fn tab_words(&self) -> Vec<(usize, u16, String)> {
        let all = self.all_tab_words();
        let room = self.area.width.max(LEAST.0).saturating_sub(4);
        let width = |words: &[String]| {
            words.iter().map(|word| word.chars().count()).sum::<usize>() <= usize::from(room)
        };
        let (mut begin, mut end) = (0, all.len());
        let at = self.tab().unwrap_or(0);
        while !width(all.get(begin..end).unwrap_or_default()) {
            // The longer side gives way, so that both neighbours are seen.
            if at - begin > end - 1 - at { begin += 1 } else { end -= 1 }
        }
        let mut x = 1;
        let mut words = Vec::new();
        if begin > 0 {
            words.push((begin - 1, 0, "‹ ".to_owned()));
            x = 2;
        }
        for (number, word) in all.iter().enumerate().take(end).skip(begin) {
            words.push((number, x, word.clone()));
            x += u16::try_from(word.chars().count()).unwrap_or(0);
        }
        if end < all.len() {
            words.push((end, x, "›".to_owned()));
        }
        words
    }

    /// All words of the menu.
    fn all_tab_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (number, place) in self.tabs().iter().enumerate() {
            let name = place.crumbs().pop().unwrap_or_default();
            words.push(if number < 9 {
                format!(" {} {name} ", number + 1)
            } else {
                format!(" {name} ")
            });
        }
        words
    }

    /// Which word of the menu is at this column.
    pub(super) fn tab_at(&self, column: u16) -> Option<usize> {
        let words = self.tab_words();
        let hit = words.iter().find(|(_, x, word)| {
            let width = u16::try_from(word.chars().count()).unwrap_or(0);
            (*x..x + width).contains(&column)
        });
        hit.map(|(number, ..)| *number)
    }

    /// Who is at work, with their role.
    fn who(&self) -> String {
        match self.operator.role.as_str() {
            "" => self.operator.name.clone(),
            role => format!("{} ({role})", self.operator.name),
        }
    }

    fn draw_tabs(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.look.theme;
        let chosen = self.tab();
        for (number, x, word) in self.tab_words() {
            let style = if chosen == Some(number) { theme.chosen } else { theme.quiet };
            let room = usize::from(area.width.saturating_sub(x));
            buffer.set_stringn(area.x + x, area.y, word, room, style);
        }
    }

    fn draw_foot(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.look.theme;
        let room = usize::from(area.width);
        if let Some((said, _)) = &self.said {
            buffer.set_stringn(area.x, area.y, format!(" {said}"), room, theme.strong);
            return;
        }
        if self.is_pending() {
            let text = " Asking the store… Esc asks no more";
            buffer.set_stringn(area.x, area.y, text, room, theme.slow);
            return;
        }
        let mut x = area.x + 1;
        for (key, name) in self.foot_hints() {
            let width = key.chars().count() + name.chars().count() + 3;
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            if x.saturating_add(width) > area.right() + 1 {
                break;
            }
            let (next, _) = buffer.set_stringn(x, area.y, key, room, theme.accent);
            buffer.set_stringn(next + 1, area.y, name, room, theme.quiet);
            x = x.saturating_add(width);
        }
    }

    /// The keys that are worth a hint, in the order of their worth.
    fn foot_hints(&self) -> Vec<(String, &'static str)> {
        if *self.place() == Place::SignIn {
            return Vec::new();
        }
        let context = self.context();
        let hints = |wanted: Context| {
            let named = BINDINGS
                .iter()
                .filter(move |binding| binding.context == wanted && !binding.name.is_empty());
            named.filter_map(move |binding| {
                Some((binding.keys_in(context).next()?.to_string(), binding.name))
            })
        };
        // Help and palette lead to everything else, so they are never left out.
        let mut all: Vec<_> = hints(Context::Screen).collect();
        let mut here: Vec<_> = hints(context).filter(|_| context != Context::Screen).collect();
        let rest = here.split_off(here.len().min(FIRST));
        all.extend(here);
        all.extend(self.actions().iter().map(|action| (action.key.to_string(), action.name)));
        all.extend(rest);
        all
    }
}
