import {
  GraphQLSchema, buildSchema, isEnumType, isInputObjectType, isListType, isNonNullType,
} from "graphql";

/** Reads a schema. Removes `@oneOf`, because no schema here has a OneOf Input Object, and it is optional then. */
export function read(sdl) {
  const config = buildSchema(sdl).toConfig();
  const directives = config.directives.filter((directive) => directive.name !== "oneOf");
  return new GraphQLSchema({ ...config, directives });
}

/** Returns the schema that the corpus is executed against. `tests/it/conformance/schema.rs` has the same in Rust. */
export function executable(sdl) {
  const schema = read(sdl);
  for (const [name, field] of Object.entries(schema.getQueryType().getFields())) {
    if (name in objects.query) continue;
    field.resolve = (_, args) => field.args.map((arg) => show(arg, args[arg.name])).join(" ");
  }
  return schema;
}

/** Returns the root objects of one request, which has its own counter. */
export function roots() {
  return { query: objects.query, mutation: mutation(), subscription: objects.subscription };
}

/** Shows an argument as its resolver receives it. An absent value differs from null. */
function show({ name, type }, value) {
  return `${name}=${shown(type, value)}`;
}

function shown(type, value) {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  if (isNonNullType(type)) return shown(type.ofType, value);
  if (isListType(type)) return `[${value.map((item) => shown(type.ofType, item)).join(",")}]`;
  if (isEnumType(type)) return value;
  if (isInputObjectType(type)) return `{${fields(type, value).join(",")}}`;
  if (type.name === "Any") return untyped(value);
  if (type.name === "Float") return exponential(value);
  if (type.name === "Int") return `${value}`;
  return JSON.stringify(value);
}

function fields(type, value) {
  return Object.values(type.getFields())
    .filter((field) => value[field.name] !== undefined)
    .map((field) => show(field, value[field.name]));
}

function untyped(value) {
  if (Array.isArray(value)) return `[${value.map(untyped).join(",")}]`;
  if (typeof value === "number") return exponential(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${given.map(([name, inner]) => `${name}=${untyped(inner)}`).join(",")}}`;
}

/** Returns the shortest digits that identify a number, as Rust's `{:e}` writes them. */
function exponential(number) {
  return number.toExponential().replace("e+", "e");
}

function fail() {
  throw new Error("failed");
}

const failure = new Error("failed");

function upTo(list, count) {
  return list.slice(0, Math.min(Math.max(count, 0), list.length));
}

function deep(level) {
  return {
    level,
    later: async () => level,
    deep: () => deep(level + 1),
    maybe: () => (level % 2 === 1 ? deep(level + 1) : null),
    many: ({ count }) => upTo([deep(level + 1), deep(level + 2), deep(level + 3)], count),
    fails: fail,
    failsHard: fail,
  };
}

const friends = ({ first }) => upTo([cat, dog, cat], first);

const dog = {
  __typename: "Dog",
  id: "dog",
  name: "Rex",
  friends,
  size: 3,
  barks: ({ loud }) => (loud === null ? "null" : loud ? "loud" : "quiet"),
  fails: fail,
  failsHard: fail,
};

const cat = { __typename: "Cat", id: "cat", name: null, friends, size: "small", lives: 9, colour: "GREEN" };

const rock = { __typename: "Rock", name: "Rock", size: null, weight: 1.5 };

const lists = {
  ints: [1, 2],
  withNulls: [1, null, 3],
  failing: [1, failure, 3],
  failingHard: [1, failure, 3],
  failingHardest: [1, failure, 3],
  nested: [[1], null, [2, null]],
  nestedFailing: [[1], [2, failure]],
  objects: [deep(1), null, deep(2)],
  colours: ["RED", "BLUE"],
  strings: ["a", "é😀"],
  empty: [],
};

const animal = ({ id }) => ({ dog, cat })[id] ?? null;

function mutation() {
  let total = 0;
  const counter = () => ({ value: total, fails: fail, failsHard: fail });
  const add = (by) => {
    total = (total + by) % 1000;
    return counter();
  };
  return {
    add: ({ by }) => add(by),
    addMaybe: ({ by }) => (by === undefined ? add(1) : by === null ? null : add(by)),
    addPoint: ({ point }) => add((point.x + point.y) % 1000),
    addFilter: ({ filter }) => add(filter === undefined ? 10 : filter === null ? 20 : filter.required % 1000).value,
    fails: () => {
      add(100);
      fail();
    },
    failsHard: () => {
      add(200);
      fail();
    },
  };
}

function tick(number) {
  return { cursor: `c${number}`, number, deep: deep(number), fails: fail, failsHard: fail };
}

async function* events(name, payloads) {
  for (const payload of payloads) yield { [name]: payload };
}

const objects = {
  query: {
    deep: deep(1),
    maybe: null,
    lists,
    node: animal,
    animal,
    animals: ({ first }) => upTo([dog, cat, dog], first),
    items: ({ first }) => upTo([dog, null, rock, failure, cat], first),
    rock,
    dog,
    fails: fail,
    failsHard: fail,
    nothing: null,
  },
  subscription: {
    count({ to, after }) {
      const from = after?.match(/^c\d$/) ? Number(after.slice(1)) + 1 : 1;
      return events("count", [1, 2, 3, 4].filter((number) => number >= from && number <= to).map(tick));
    },
    point: ({ point }) => events("point", [tick((point.x + point.y) % 1000)]),
    animals: () => events("animals", [dog, cat]),
    fails: fail,
  },
};
