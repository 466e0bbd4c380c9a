//! The rules of the house that no compiler checks. Each rule is a function over a text or a list, with a bad sample of its own, so that a
//! rule that no longer sees anything fails here.

#[cfg(test)] // so that its functions beside the tests count as test code
mod dependencies;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod names;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod writing;
