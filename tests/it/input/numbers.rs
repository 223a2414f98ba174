//! Numbers out of range, and values that are not numbers.

use super::{targets::targets, world::World};
use crate::support::on_both_databases;

on_both_databases! {
    async fn out_of_range_numbers_are_refused_everywhere(kind) {
        let world = World::new(kind).await;
        let targets = targets(&world).await;
        for target in targets.iter().filter(|target| ["Int", "Float"].contains(&&*target.scalar)) {
            let is_float = target.scalar == "Float";
            let before = world.stored().await;
            for (value, expected) in [
                // The only Float is a temperature, which may be 0, -0 or 1.5.
                (if is_float { "2.001" } else { "0" }, "BAD_USER_INPUT"),
                ("-1", "BAD_USER_INPUT"),
                (if is_float { "-1e-300" } else { "-0" }, ""),
                (if target.field == "maxOutputTokens" { "131073" } else { "366" }, "BAD_USER_INPUT"),
                ("2147483647", ""),
                ("-2147483648", "BAD_USER_INPUT"),
                ("2147483648", ""),
                ("-2147483649", ""),
                ("9223372036854775808", ""),
                ("18446744073709551616", ""),
                (if is_float { "[]" } else { "1.5" }, "GRAPHQL_VALIDATION_FAILED"),
                ("\"1\"", "GRAPHQL_VALIDATION_FAILED"),
                ("true", "GRAPHQL_VALIDATION_FAILED"),
                ("[[1]]", "GRAPHQL_VALIDATION_FAILED"),
                ("{}", "GRAPHQL_VALIDATION_FAILED"),
                ("1e400", ""),
                ("NaN", ""),
                ("-Infinity", ""),
                ("0x10", ""),
                ("1_000", ""),
                ("01", ""),
                (&"9".repeat(10_000), ""),
            ] {
                for (how, request) in target.requests(value.as_bytes()) {
                    let codes = world.error_codes(target, &request).await;
                    let target = &target.name;
                    assert!(!codes.is_empty(), "{value:.50} {how} went through: {target}");
                    // An empty string accepts any code. A literal may be a syntax error or invalid, a variable may be
                    // invalid JSON or rejected by its field, and a page that is too large may exceed the cost limit
                    // before its size is checked.
                    let refused = expected.is_empty() || codes[0] == expected;
                    assert!(refused, "{value:.50} {how}: {codes:?} at {target}");
                }
            }
            assert!(world.stored().await == before, "{} was stored", target.name);
            world.assert_healthy().await;
        }
    }
}
