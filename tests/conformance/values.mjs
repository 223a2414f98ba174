import { GraphQLNonNull, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType } from "graphql";

/** Strings in GraphQL syntax: escapes, surrogate pairs, block strings. */
const STRINGS = [
  '""', '"text"', '"a b"', '"#no comment"', '"{}"', '"\\""', '"\\\\"', '"\\n\\t\\/\\b\\f\\r"', '"\\u0041"', '"\\u00e9"',
  '"\\uD83D\\uDE00"', '"\\u{1F600}"', '"\\u{41}"', '"\\u{00000041}"', '"é"', '"😀"', '"\\u0000"', '"\u007f"',
  '""""""', '"""block"""', '"""two\nlines"""', '"""\n  indented\n    more\n  less\n"""', '"""\\""""""',
  '"""a "quoted" word"""', '"""\\n is no escape"""', '"""\r\n  a\r\n  b\r"""', '"""\n\n  a\n\n"""', '"""  first\n    second"""',
  '"""\t\ttab\n\t\ttab"""', '"""\\u0041"""', '"""\n  a\n \n  b\n   """',
];

const JSON_STRINGS = [
  '""', '"text"', '"\\n"', '"\\u00e9"', '"é"', '"😀"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\"\\\\"', '"null"', '"1"',
];

const LITERALS = {
  Int: ["0", "1", "-1", "-0", "20", "2147483647", "-2147483648"],
  Float: ["0", "1", "-1", "1.5", "1.0", "-2.5e3", "1e3", "1E-3", "0.1", "1e300", "9007199254740993", "123456789012"],
  String: STRINGS,
  ID: ['""', '"a"', '"1"', "1", "0", "-1", "7", "9007199254740993", "18446744073709551616", '"😀"'],
  Boolean: ["true", "false"],
  Any: ["1", "1.5", '"a"', "true", "null", "RED", "[1, [2], {}]", "{ a: 1, b: { c: [] } }", "{}", "[]"],
};

const JSON_VALUES = {
  Int: ["0", "1", "-1", "-0", "20", "20.0", "2e1", "2147483647", "-2147483648", "2.147483647e9"],
  Float: ["0", "1", "-1.5", "1.0", "2e1", "1e300", "0.1", "123456789012", "1E-3", "9007199254740992"],
  String: JSON_STRINGS,
  ID: ['""', '"a"', '"1"', "1", "0", "-1", "20.0", "9007199254740991", "4294967296"],
  Boolean: ["true", "false"],
  Any: ["1", '"a"', "true", "[1, [2], {}]", '{ "a": 1, "b": { "c": [] } }', "{}", "[]"],
};

const WRONG_LITERALS = {
  Int: ["2147483648", "-2147483649", "1.0", "1e1", '"1"', "true", "RED", "[1]", "{}", "9007199254740993"],
  Float: ['"1"', "true", "RED", "{}", "[1.5, 2]"],
  String: ["1", "true", "RED", "{}", '["a"]', "1.5"],
  ID: ["1.5", "true", "RED", "{}", '["a"]', "1e3"],
  Boolean: ["0", '"true"', "TRUE", "1.5", "[true]", "{}"],
  Any: ["[1, 2", "{ a: 1, a: 2 }"],
};

const WRONG_JSON = {
  Int: ["2147483648", "-2147483649", "1.5", '"1"', "true", "[1, 2]", "{}", "9007199254740993", "1e300"],
  Float: ['"1"', "true", "{}", "[1.5, 2]", '""'],
  String: ["1", "true", "{}", '["a", 1]', "1.5"],
  ID: ["1.5", "true", "{}", "[[1]]"],
  Boolean: ["0", '"true"', "1", "{}", '""'],
  Any: ["{}"],
};

/** Generates values of the schema's types, valid and invalid: literals for documents, and JSON text for variables. */
export class Values {
  constructor(random) {
    this.random = random;
  }

  /** Returns a literal. `variable(type, hasDefault)` may return a variable to use in its place. */
  literal(type, { wrong = 0, depth = 0, variable = () => undefined, hasDefault = false } = {}) {
    const { random } = this;
    const inner = { wrong, depth: depth + 1, variable };
    const text = variable(type, hasDefault);
    if (text) return text;
    if (random.chance(wrong)) return this.wrongLiteral(type);
    if (isNonNullType(type)) return this.literalOf(type.ofType, inner);
    return random.chance(0.12) ? "null" : this.literalOf(type, inner);
  }

  literalOf(type, options) {
    const { random } = this;
    if (isListType(type)) {
      if (random.chance(0.2)) return this.literal(type.ofType, options);
      return `[${random.times(random.below(3), () => this.literal(type.ofType, options)).join(random.pick([", ", " "]))}]`;
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = this.fieldsOf(type, options).map((field) => {
        const hasDefault = field.defaultValue !== undefined;
        const fieldType = type.isOneOf && random.chance(0.9) ? nonNull(field.type) : field.type;
        return `${field.name}: ${this.literal(fieldType, { ...options, hasDefault })}`;
      });
      if (random.chance(options.wrong)) fields.push(random.pick([...fields, "unknown: 1", "x: 1"]));
      return `{ ${fields.join(", ")} }`;
    }
    return random.pick(LITERALS[type.name] ?? ['"text"']);
  }

  json(type, { wrong = 0, depth = 0 } = {}) {
    const { random } = this;
    if (random.chance(wrong)) return this.wrongJson(type);
    if (isNonNullType(type)) return this.jsonOf(type.ofType, { wrong, depth: depth + 1 });
    return random.chance(0.15) ? "null" : this.jsonOf(type, { wrong, depth: depth + 1 });
  }

  jsonOf(type, options) {
    const { random } = this;
    if (isListType(type)) {
      if (random.chance(0.2)) return this.json(type.ofType, options);
      return `[${random.times(random.below(3), () => this.json(type.ofType, options)).join(",")}]`;
    }
    if (isEnumType(type)) return JSON.stringify(random.pick(type.getValues()).name);
    if (isInputObjectType(type)) {
      const fields = this.fieldsOf(type, options).map((field) => {
        const fieldType = type.isOneOf && random.chance(0.9) ? nonNull(field.type) : field.type;
        return `"${field.name}":${this.json(fieldType, options)}`;
      });
      if (random.chance(options.wrong)) fields.push('"unknown":1');
      return `{${fields.join(",")}}`;
    }
    return random.pick(JSON_VALUES[type.name] ?? ['"text"']);
  }

  /** Returns the required fields and some of the others. Sometimes omits a required field. */
  fieldsOf(type, { wrong, depth }) {
    const { random } = this;
    const all = Object.values(type.getFields());
    if (type.isOneOf) return random.chance(wrong) ? all.slice(0, random.below(3)) : [random.pick(all)];
    return all.filter((field) => {
      const required = isNonNullType(field.type) && field.defaultValue === undefined;
      if (required) return !random.chance(wrong);
      if (depth > 3 && isInputObjectType(getNamedType(field.type))) return false;
      return random.chance(0.3);
    });
  }

  wrongLiteral(type) {
    const { random } = this;
    if (isNonNullType(type) && random.chance(0.4)) return "null";
    if (isListType(type)) return random.pick(["{}", `[${this.wrongLiteral(type.ofType)}]`, `[[${this.literal(type.ofType)}]]`]);
    const named = getNamedType(type);
    if (isEnumType(named)) return random.pick(['"RED"', "PURPLE", "red", "1", "true", "[RED]"]);
    if (isInputObjectType(named)) return random.pick(["1", '"x"', "[]", "[{}, {}]", "{ unknown: 1 }", "RED", "{ x: 1, x: 2 }"]);
    return random.pick(WRONG_LITERALS[named.name] ?? ["{}"]);
  }

  wrongJson(type) {
    const { random } = this;
    if (isNonNullType(type) && random.chance(0.4)) return "null";
    if (isListType(type)) return random.pick(["{}", `[${this.wrongJson(type.ofType)}]`, `[[${this.json(type.ofType)}]]`]);
    const named = getNamedType(type);
    if (isEnumType(named)) return random.pick(['"PURPLE"', '"red"', "1", "true", '["RED"]']);
    if (isInputObjectType(named)) return random.pick(["1", '"x"', "[]", "[{},{}]", '{"unknown":1}', '{"x":1,"unknown":2}']);
    return random.pick(WRONG_JSON[named.name] ?? ["{}"]);
  }
}

function nonNull(type) {
  return isNonNullType(type) ? type : new GraphQLNonNull(type);
}
