use crate::{
    error::Error,
    graphql::ids::{Kind, parse},
    store,
};
use async_graphql::ID;
use uuid::Uuid;

/// An id that is read is written again as it was, names an object of one type, and is refused for every other. Any key
/// makes an id of each type.
pub fn ids(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        let id = ID(text.into());
        let named = parse(&id);
        assert!(named.is_none_or(|(kind, key)| kind.id(key) == id), "{named:?}");
        agree(&id, named);
    }
    if let Some(key) = input.first_chunk() {
        let key = store::Id(Uuid::from_bytes(*key));
        for kind in Kind::ALL {
            agree(&kind.id(key), Some((kind, key)));
        }
    }
}

/// Each type takes the id if, and only if, it is its own.
fn agree(id: &ID, named: Option<(Kind, store::Id)>) {
    assert_eq!(parse(id), named);
    for kind in Kind::ALL {
        match (kind.parse("id", id), named) {
            (Ok(key), Some(named)) => assert_eq!((kind, key), named),
            (Err(Error::BadUserInput { field: "id", .. }), _) => {
                assert!(named.is_none_or(|(own, _)| own != kind), "{kind:?} refuses its own");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}
