//! The schema that the corpus is executed against. `tests/conformance/schema.mjs` has the same resolvers in JavaScript.

use super::shown::show;
use async_graphql::{
    ContextSelectionSet, Enum, Error, ID, InputObject, InputValueResult, Interface, MaybeUndefined, Object,
    OutputType, Positioned, Result, Scalar, ScalarType, Schema, ServerResult, SimpleObject, Subscription,
    Union, Value, parser::types::Field, registry::Registry,
};
use confab::graphql::schema::sync_fields::{List, SyncFields};
use futures_util::{Stream, future::BoxFuture, stream};
use std::{borrow::Cow, sync::Mutex};
use tokio::task::yield_now;

pub type TestSchema = Schema<Query, Mutation, Events>;

/// The sum that one request's mutations add to.
#[derive(Default)]
pub struct Total(Mutex<i32>);

impl Total {
    fn add(&self, by: i32) -> i32 {
        let mut total = self.0.lock().unwrap();
        *total = (*total + by) % 1000;
        *total
    }
}

pub fn schema() -> TestSchema {
    Schema::build(Query, Mutation, Events).register_output_type::<Node>().finish()
}

pub struct Anything(pub Value);

#[Scalar(name = "Any")]
impl ScalarType for Anything {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

#[derive(Clone, Copy, Enum, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
    Blue,
}

#[derive(InputObject)]
pub struct Point {
    pub x: i32,
    #[graphql(default = 0)]
    pub y: i32,
    pub label: MaybeUndefined<String>,
}

#[derive(InputObject)]
pub struct Filter {
    #[graphql(default = 5)]
    pub required: i32,
    #[graphql(default_with = "Some(\"all\".into())")]
    pub text: Option<String>,
    #[graphql(default_with = "Some(10)")]
    pub limit: Option<i32>,
    #[graphql(default_with = "Some(Colour::Red)")]
    pub colour: Option<Colour>,
    #[graphql(default_with = "Some(vec![Colour::Red, Colour::Green])")]
    pub colours: Option<Vec<Colour>>,
    pub at: MaybeUndefined<Point>,
    #[graphql(default_with = "Some(vec![Point { x: 1, y: 2, label: MaybeUndefined::Value(\"p\".into()) }])")]
    pub points: Option<Vec<Point>>,
    pub nested: MaybeUndefined<Box<Filter>>,
    pub ids: MaybeUndefined<Vec<ID>>,
    pub matrix: MaybeUndefined<Vec<Option<Vec<Option<i32>>>>>,
    pub flag: MaybeUndefined<bool>,
    #[graphql(default_with = "Some(1.0)")]
    pub ratio: Option<f64>,
    pub any: MaybeUndefined<Anything>,
}

fn failed<T>() -> Result<T> {
    Err(Error::new("failed"))
}

fn up_to<T>(list: Vec<T>, count: i32) -> Vec<T> {
    list.into_iter().take(usize::try_from(count).unwrap_or(0)).collect()
}

#[derive(Clone)]
pub struct Deep(i32);

/// A [`List`] like those of the server's schema, whose objects have such lists themselves.
pub struct Many<T>(Vec<T>);

impl<T: SyncFields + Clone> OutputType for Many<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let list = List(self.0.clone());
        let resolved: BoxFuture<'_, _> = Box::pin(async move { list.resolve(ctx, field).await });
        resolved.await
    }
}

/// Only `level` is resolved synchronously.
impl SyncFields for Deep {
    fn sync_value(&self, _: &ContextSelectionSet<'_>, field: &Field) -> Option<Value> {
        (field.name.node == "level").then(|| self.0.into())
    }
}

#[Object]
impl Deep {
    async fn level(&self) -> i32 {
        self.0
    }
    async fn later(&self) -> i32 {
        yield_now().await;
        self.0
    }
    async fn deep(&self) -> Self {
        Self(self.0 + 1)
    }
    async fn maybe(&self) -> Option<Self> {
        (self.0 % 2 == 1).then_some(Self(self.0 + 1))
    }
    async fn many(&self, #[graphql(default = 2)] count: i32) -> Many<Self> {
        Many(up_to(vec![Self(self.0 + 1), Self(self.0 + 2), Self(self.0 + 3)], count))
    }
    async fn fails(&self) -> Option<Result<i32>> {
        Some(failed())
    }
    async fn fails_hard(&self) -> Result<i32> {
        failed()
    }
}

#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "name", ty = "Option<String>"),
    field(name = "friends", ty = "Vec<Animal>", arg(name = "first", ty = "i32", default = 2))
)]
pub enum Animal {
    Dog(Dog),
    Cat(Cat),
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    Animal(Animal),
    Dog(Dog),
    Cat(Cat),
}

#[derive(Union)]
pub enum Item {
    Dog(Dog),
    Cat(Cat),
    Rock(Rock),
}

pub struct Dog;

#[Object]
impl Dog {
    async fn id(&self) -> ID {
        "dog".into()
    }
    async fn name(&self) -> Option<String> {
        Some("Rex".into())
    }
    async fn friends(&self, #[graphql(default = 2)] first: i32) -> Vec<Animal> {
        friends(first)
    }
    async fn size(&self) -> Option<i32> {
        Some(3)
    }
    async fn barks(&self, #[graphql(default_with = "Some(false)")] loud: Option<bool>) -> &'static str {
        match loud {
            None => "null",
            Some(true) => "loud",
            Some(false) => "quiet",
        }
    }
    async fn fails(&self) -> Option<Result<i32>> {
        Some(failed())
    }
    async fn fails_hard(&self) -> Result<i32> {
        failed()
    }
}

pub struct Cat;

#[Object]
impl Cat {
    async fn id(&self) -> ID {
        "cat".into()
    }
    async fn name(&self) -> Option<String> {
        None
    }
    async fn friends(&self, #[graphql(default = 2)] first: i32) -> Vec<Animal> {
        friends(first)
    }
    async fn size(&self) -> &'static str {
        "small"
    }
    async fn lives(&self) -> i32 {
        9
    }
    async fn colour(&self) -> Colour {
        Colour::Green
    }
}

fn friends(first: i32) -> Vec<Animal> {
    up_to(vec![Animal::Cat(Cat), Animal::Dog(Dog), Animal::Cat(Cat)], first)
}

#[derive(SimpleObject)]
pub struct Rock {
    name: &'static str,
    size: Option<i32>,
    weight: f64,
}

const ROCK: Rock = Rock { name: "Rock", size: None, weight: 1.5 };

pub struct Lists;

type Fallible = Result<i32>;

#[Object]
impl Lists {
    async fn ints(&self) -> [i32; 2] {
        [1, 2]
    }
    async fn with_nulls(&self) -> [Option<i32>; 3] {
        [Some(1), None, Some(3)]
    }
    async fn failing(&self) -> Option<Vec<Option<Fallible>>> {
        Some(vec![Some(Ok(1)), Some(failed()), Some(Ok(3))])
    }
    async fn failing_hard(&self) -> Option<Vec<Fallible>> {
        Some(vec![Ok(1), failed(), Ok(3)])
    }
    async fn failing_hardest(&self) -> Vec<Fallible> {
        vec![Ok(1), failed(), Ok(3)]
    }
    async fn nested(&self) -> Option<Vec<Option<Vec<Option<i32>>>>> {
        Some(vec![Some(vec![Some(1)]), None, Some(vec![Some(2), None])])
    }
    async fn nested_failing(&self) -> Option<Vec<Vec<Fallible>>> {
        Some(vec![vec![Ok(1)], vec![Ok(2), failed()]])
    }
    async fn objects(&self) -> Option<Vec<Option<Deep>>> {
        Some(vec![Some(Deep(1)), None, Some(Deep(2))])
    }
    async fn colours(&self) -> Vec<Colour> {
        vec![Colour::Red, Colour::Blue]
    }
    async fn strings(&self) -> Vec<&'static str> {
        vec!["a", "é😀"]
    }
    async fn empty(&self) -> Vec<i32> {
        Vec::new()
    }
}

fn animal(id: &ID) -> Option<Dog> {
    (id.as_str() == "dog").then_some(Dog)
}

pub struct Query;

#[Object]
impl Query {
    async fn int(&self, value: MaybeUndefined<i32>) -> String {
        show("value", &value)
    }
    async fn int_default(&self, #[graphql(default_with = "Some(7)")] value: Option<i32>) -> String {
        show("value", &value)
    }
    async fn int_required(&self, value: i32) -> String {
        show("value", &value)
    }
    async fn int_required_default(&self, #[graphql(default = 7)] value: i32) -> String {
        show("value", &value)
    }
    async fn float(&self, value: MaybeUndefined<f64>) -> String {
        show("value", &value)
    }
    async fn string(&self, value: MaybeUndefined<String>) -> String {
        show("value", &value)
    }
    async fn id(&self, value: MaybeUndefined<ID>) -> String {
        show("value", &value)
    }
    async fn boolean(&self, value: MaybeUndefined<bool>) -> String {
        show("value", &value)
    }
    async fn colour(&self, value: MaybeUndefined<Colour>) -> String {
        show("value", &value)
    }
    async fn ints(&self, value: MaybeUndefined<Vec<Option<i32>>>) -> String {
        show("value", &value)
    }
    async fn ints_required(&self, value: Vec<i32>) -> String {
        show("value", &value)
    }
    async fn matrix(&self, value: MaybeUndefined<Vec<Option<Vec<i32>>>>) -> String {
        show("value", &value)
    }
    async fn ids(
        &self,
        #[graphql(default_with = "Some(vec![\"a\".into(), \"1\".into()])")] value: Option<Vec<ID>>,
    ) -> String {
        show("value", &value)
    }
    async fn point(&self, value: MaybeUndefined<Point>) -> String {
        show("value", &value)
    }
    async fn points(&self, value: MaybeUndefined<Vec<Point>>) -> String {
        show("value", &value)
    }
    async fn filter(&self, value: MaybeUndefined<Filter>) -> String {
        show("value", &value)
    }
    async fn any(&self, value: MaybeUndefined<Anything>) -> String {
        show("value", &value)
    }
    async fn several(
        &self,
        a: MaybeUndefined<i32>,
        #[graphql(default_with = "Some(\"b\".into())")] b: Option<String>,
        #[graphql(default = true)] c: bool,
        #[graphql(default_with = "Some(vec![Colour::Blue])")] d: Option<Vec<Colour>>,
        e: MaybeUndefined<f64>,
    ) -> String {
        [show("a", &a), show("b", &b), show("c", &c), show("d", &d), show("e", &e)].join(" ")
    }
    async fn deep(&self) -> Deep {
        Deep(1)
    }
    async fn maybe(&self) -> Option<Deep> {
        None
    }
    async fn lists(&self) -> Lists {
        Lists
    }
    async fn node(&self, id: ID) -> Option<Node> {
        animal(&id)
            .map(Node::Dog)
            .or_else(|| (id.as_str() == "cat").then_some(Node::Animal(Animal::Cat(Cat))))
    }
    async fn animal(&self, #[graphql(default_with = "\"cat\".into()")] id: ID) -> Option<Animal> {
        animal(&id).map(Animal::Dog).or_else(|| (id.as_str() == "cat").then_some(Animal::Cat(Cat)))
    }
    async fn animals(&self, #[graphql(default = 3)] first: i32) -> Vec<Animal> {
        up_to(vec![Animal::Dog(Dog), Animal::Cat(Cat), Animal::Dog(Dog)], first)
    }
    async fn items(&self, #[graphql(default = 3)] first: i32) -> Vec<Option<Result<Item>>> {
        let items = vec![
            Some(Ok(Item::Dog(Dog))),
            None,
            Some(Ok(Item::Rock(ROCK))),
            Some(failed()),
            Some(Ok(Item::Cat(Cat))),
        ];
        up_to(items, first)
    }
    async fn rock(&self) -> Rock {
        ROCK
    }
    async fn dog(&self) -> Dog {
        Dog
    }
    async fn fails(&self) -> Option<Result<i32>> {
        Some(failed())
    }
    async fn fails_hard(&self) -> Result<i32> {
        failed()
    }
    async fn nothing(&self) -> Option<i32> {
        None
    }
}

pub struct Counter(i32);

#[Object]
impl Counter {
    async fn value(&self) -> i32 {
        self.0
    }
    async fn fails(&self) -> Option<Result<i32>> {
        Some(failed())
    }
    async fn fails_hard(&self) -> Result<i32> {
        failed()
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn add(&self, ctx: &async_graphql::Context<'_>, #[graphql(default = 1)] by: i32) -> Counter {
        Counter(ctx.data_unchecked::<Total>().add(by % 1000))
    }
    async fn add_maybe(&self, ctx: &async_graphql::Context<'_>, by: MaybeUndefined<i32>) -> Option<Counter> {
        let by = match by {
            MaybeUndefined::Null => return None,
            MaybeUndefined::Undefined => 1,
            MaybeUndefined::Value(by) => by % 1000,
        };
        Some(Counter(ctx.data_unchecked::<Total>().add(by)))
    }
    async fn add_point(&self, ctx: &async_graphql::Context<'_>, point: Point) -> Counter {
        Counter(ctx.data_unchecked::<Total>().add(point.sum()))
    }
    async fn add_filter(&self, ctx: &async_graphql::Context<'_>, filter: MaybeUndefined<Filter>) -> i32 {
        let by = match filter {
            MaybeUndefined::Undefined => 10,
            MaybeUndefined::Null => 20,
            MaybeUndefined::Value(filter) => filter.required % 1000,
        };
        ctx.data_unchecked::<Total>().add(by)
    }
    async fn fails(&self, ctx: &async_graphql::Context<'_>) -> Option<Result<i32>> {
        ctx.data_unchecked::<Total>().add(100);
        Some(failed())
    }
    async fn fails_hard(&self, ctx: &async_graphql::Context<'_>) -> Result<i32> {
        ctx.data_unchecked::<Total>().add(200);
        failed()
    }
}

impl Point {
    fn sum(&self) -> i32 {
        i32::try_from((i64::from(self.x) + i64::from(self.y)) % 1000).unwrap()
    }
}

pub struct Tick(i32);

#[Object]
impl Tick {
    async fn cursor(&self) -> String {
        format!("c{}", self.0)
    }
    async fn number(&self) -> i32 {
        self.0
    }
    async fn deep(&self) -> Deep {
        Deep(self.0)
    }
    async fn fails(&self) -> Option<Result<i32>> {
        Some(failed())
    }
    async fn fails_hard(&self) -> Result<i32> {
        failed()
    }
}

pub struct Events;

#[Subscription(name = "Subscription")]
impl Events {
    async fn count(
        &self,
        #[graphql(default = 3)] to: i32,
        after: Option<String>,
    ) -> impl Stream<Item = Tick> {
        let after = after.as_deref().and_then(|cursor| cursor.strip_prefix('c'));
        let from = match after.map(str::as_bytes) {
            Some([digit @ b'0'..=b'9']) => i32::from(digit - b'0') + 1,
            _ => 1,
        };
        stream::iter((from.max(1)..=to.min(4)).map(Tick))
    }
    async fn point(&self, point: Point) -> impl Stream<Item = Tick> {
        stream::iter([Tick(point.sum())])
    }
    async fn fails(&self) -> Result<stream::Empty<i32>> {
        failed()
    }
    async fn animals(&self) -> impl Stream<Item = Animal> {
        stream::iter([Animal::Dog(Dog), Animal::Cat(Cat)])
    }
}
