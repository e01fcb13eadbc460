//! What clients call the worth of a sign-in, and what they ask of it (`acr`, Core §2,
//! §3.1.2.1 and §5.5.1.1; step-up, RFC 9470).

use crate::model::Level;

/// The names of the levels, as the settings have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcrNames {
    /// In the order of [`Level::ALL`].
    names: [String; 3],
}

impl AcrNames {
    /// Names for the levels, weakest first; `None` if two are the same.
    pub fn new(names: [&str; 3]) -> Option<Self> {
        let [password, multi_factor, phishing_resistant] = names;
        let differ = password != multi_factor
            && multi_factor != phishing_resistant
            && phishing_resistant != password;
        differ.then(|| Self { names: names.map(str::to_owned) })
    }

    /// All of them, weakest first (`acr_values_supported`, Discovery §3).
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// What clients call a level.
    pub fn name(&self, level: Level) -> &str {
        let [password, multi_factor, phishing_resistant] = &self.names;
        match level {
            Level::Password => password,
            Level::MultiFactor => multi_factor,
            Level::PhishingResistant => phishing_resistant,
        }
    }

    /// The level that a client means, if it is one.
    pub fn level(&self, name: &str) -> Option<Level> {
        Level::ALL.iter().copied().find(|level| self.name(*level) == name)
    }

    fn levels(&self, values: &[String]) -> impl Iterator<Item = Level> {
        values.iter().filter_map(|value| self.level(value))
    }

    /// What a client insists on, by the values of an essential `acr` claim.
    pub fn demand(&self, demanded: &[String]) -> Demand {
        match self.levels(demanded).min() {
            Some(level) => Demand::AtLeast(level),
            None if demanded.is_empty() => Demand::Nothing,
            None => Demand::Unknown,
        }
    }

    /// What a client would like, by its `acr_values`, most preferred first.
    pub fn preference(&self, wished: &[String]) -> Preference {
        let mut preference = Preference::default();
        for (slot, level) in preference.0.iter_mut().zip(self.levels(wished)) {
            *slot = Some(level);
        }
        preference
    }

    /// The level that a client is told: of those that it asked for the best that the sign-in
    /// is worth, as many a client looks for its very word; else what the sign-in is worth.
    pub fn answer(&self, demanded: &[String], wished: &[String], worth: Level) -> Level {
        let demanded = self.levels(demanded).filter(|level| *level <= worth).max();
        demanded.or_else(|| self.levels(wished).find(|level| *level <= worth)).unwrap_or(worth)
    }
}

/// What a client insists on (`acr` as an essential claim).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// This, or better.
    AtLeast(Level),
    /// Something that nobody here has heard of.
    Unknown,
}

/// What a client would like (`acr_values`), most preferred first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preference(pub [Option<Level>; 3]);

impl Preference {
    /// The most preferred of what can be had.
    pub fn best(self, reach: Level) -> Option<Level> {
        self.0.into_iter().flatten().find(|level| *level <= reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{MultiFactor, Password, PhishingResistant};

    fn names() -> AcrNames {
        AcrNames::new(["pwd", "urn:mfa", "phr"]).unwrap()
    }

    fn own(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn two_levels_have_two_names() {
        assert_eq!(AcrNames::new(["a", "b", "a"]), None);
        assert_eq!(AcrNames::new(["a", "a", "b"]), None);
        assert_eq!(AcrNames::new(["a", "b", "b"]), None);
    }

    #[test]
    fn the_weakest_of_several_demands_is_enough() {
        for (essential, demand) in [
            (&[][..], Demand::Nothing),
            (&["phr", "urn:mfa"], Demand::AtLeast(MultiFactor)),
            (&["gold", "phr"], Demand::AtLeast(PhishingResistant)),
            (&["gold"], Demand::Unknown),
        ] {
            assert_eq!(names().demand(&own(essential)), demand, "{essential:?}");
        }
    }

    #[test]
    fn the_first_preference_that_can_be_had_counts() {
        let preference = names().preference(&own(&["gold", "phr", "urn:mfa"]));
        assert_eq!(preference.best(PhishingResistant), Some(PhishingResistant));
        assert_eq!(preference.best(MultiFactor), Some(MultiFactor));
        assert_eq!(preference.best(Password), None);
    }

    #[test]
    fn a_client_is_told_the_word_that_it_asked_for() {
        for (demanded, wished, worth, answer) in [
            (&[][..], &[][..], MultiFactor, MultiFactor),
            (&["pwd"], &[], PhishingResistant, Password),
            (&["pwd", "urn:mfa"], &[], PhishingResistant, MultiFactor),
            (&[], &["urn:mfa"], PhishingResistant, MultiFactor),
            (&[], &["pwd", "phr"], PhishingResistant, Password),
            (&[], &["phr"], MultiFactor, MultiFactor),
            (&["urn:mfa"], &["phr"], PhishingResistant, MultiFactor),
        ] {
            let told = names().answer(&own(demanded), &own(wished), worth);
            assert_eq!(told, answer, "{demanded:?} {wished:?} {worth}");
        }
    }
}
