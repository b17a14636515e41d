//! What kinds remember while a module is made: the engine keeps it for them, and doesn't look.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;

/// A drawer for each type, empty until it is first opened.
#[derive(Debug, Default)]
pub struct Drawers(BTreeMap<TypeId, Box<dyn Any>>);

impl Drawers {
    /// The drawer for things of this type.
    pub fn open<T: Default + 'static>(&mut self) -> &mut T {
        let drawer = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        drawer.downcast_mut().expect("a drawer holds the type that it is known by")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_a_drawer_of_its_own() {
        let mut drawers = Drawers::default();
        drawers.open::<Vec<u8>>().push(1);
        drawers.open::<String>().push('x');
        assert_eq!(drawers.open::<Vec<u8>>(), &[1]);
        assert_eq!(drawers.open::<String>(), "x");
        assert_eq!(*drawers.open::<u8>(), 0);
    }
}
