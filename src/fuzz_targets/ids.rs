use crate::{
    error::Error,
    graphql::schema::ids::{Kind, parse},
    store,
};
use async_graphql::ID;
use uuid::Uuid;

/// Parsing and formatting an ID returns the same text. An ID belongs to one type, and every other type rejects it.
/// Every key forms a valid ID of each type.
pub fn ids(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        let id = ID(text.into());
        let parsed = parse(&id);
        assert!(parsed.is_none_or(|(kind, key)| kind.id(key) == id), "{parsed:?}");
        check_all_kinds(&id, parsed);
    }
    if let Some(key) = input.first_chunk() {
        let key = store::Id(Uuid::from_bytes(*key));
        for kind in Kind::ALL {
            check_all_kinds(&kind.id(key), Some((kind, key)));
        }
    }
}

/// Checks that a type accepts the ID exactly if it is of that type.
fn check_all_kinds(id: &ID, expected: Option<(Kind, store::Id)>) {
    assert_eq!(parse(id), expected);
    for kind in Kind::ALL {
        match (kind.parse("id", id), expected) {
            (Ok(key), Some(expected)) => assert_eq!((kind, key), expected),
            (Err(Error::BadUserInput { field: "id", .. }), _) => {
                assert!(expected.is_none_or(|(own, _)| own != kind), "{kind:?} rejects its own ID");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}
