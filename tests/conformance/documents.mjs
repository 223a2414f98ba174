import {
  SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef, getNamedType, isAbstractType, isCompositeType, isInputType,
  isNonNullType, isObjectType,
} from "graphql";
import { Values } from "./values.mjs";

const NAMES = ["a", "b", "value", "type", "query", "on", "fragment", "input", "null1", "true_", "_x", "A", "__v".slice(1)];

/** Whether graphql-js adds a field to introspection beyond the specification. The list of disagreements has examples. */
const isProposal = (type, { name }) =>
  (type.name === "__Directive" && ["isDeprecated", "deprecationReason"].includes(name)) ||
  (type.name === "__Schema" && name === "directives");

/** Generates documents that follow the schema's grammar. Most of them are valid. */
export class Documents {
  constructor(schema, random, { wrong = 0 } = {}) {
    this.schema = schema;
    this.random = random;
    this.values = new Values(random);
    this.wrong = wrong;
  }

  /** Returns the text of a document, the names of its operations, and the types of its variables. */
  document() {
    const { random } = this;
    this.fragments = [];
    this.variables = new Map();
    this.names = 0;
    this.left = 30;
    const several = random.chance(0.15);
    const operations = random.times(several ? 2 + random.below(2) : 1, () => this.operation(several));
    for (const operation of operations) this.define(operation);
    const parts = [...operations.map((operation) => operation.text), ...this.fragments.map((fragment) => fragment.text)];
    if (random.chance(0.3)) parts.reverse();
    return {
      query: parts.join("\n"),
      operations: operations.map(({ name, uses }) => ({ name, uses })),
      variables: this.variables,
    };
  }

  operation(mustHaveName) {
    const { random } = this;
    const kind = random.pick(["query", "query", "query", "query", "query", "mutation", "subscription"]);
    const root = this.schema.getRootType(kind);
    const name = mustHaveName || random.chance(0.4) ? `Op${++this.names}` : undefined;
    const uses = new Set();
    this.uses = uses;
    this.spreads = uses;
    const body =
      kind === "subscription" ? this.onlyField(root) : this.selections(root, 0, new Map(), kind === "query");
    return { kind, name, body, uses };
  }

  /** Adds the header: the variables that the operation uses, including those in fragments. */
  define(operation) {
    const { random } = this;
    const pending = [...operation.uses].filter((use) => use.startsWith("..."));
    for (let at = 0; at < pending.length; at++) {
      const fragment = this.fragments.find((fragment) => `...${fragment.name}` === pending[at]);
      for (const use of fragment.uses) {
        if (use.startsWith("...") && !pending.includes(use)) pending.push(use);
        operation.uses.add(use);
      }
    }
    const definitions = [...operation.uses]
      .filter((use) => use.startsWith("$"))
      .map((use) => {
        const { type, initial } = this.variables.get(use.slice(1));
        return `${use}: ${type}${initial === undefined ? "" : ` = ${initial}`}`;
      });
    const header = definitions.length ? `(${definitions.join(random.pick([", ", " "]))})` : "";
    const short = operation.kind === "query" && !operation.name && !header && random.chance(0.6);
    const name = operation.name ? ` ${operation.name}` : "";
    operation.text = short ? operation.body : `${operation.kind}${name}${header} ${operation.body}`;
  }

  /** Returns the only root field of a subscription. It may be in a fragment, or occur twice. */
  onlyField(root) {
    const { random } = this;
    const field = this.field(root, random.pick(Object.values(root.getFields())), 0, new Map(), 0);
    const style = random.below(8);
    if (style === 0) return `{ ... on ${root.name} { ${field} } }`;
    if (style === 1) return `{ ... { ${field} } }`;
    if (style === 2) return `{ ${field} ${field} }`;
    if (style === 3) {
      const uses = this.uses;
      this.uses = new Set();
      const name = this.addFragment(root.name, `{ ${field} }`, uses);
      this.uses = uses;
      uses.add(`...${name}`);
      return `{ ...${name} }`;
    }
    return `{ ${field} }`;
  }

  addFragment(on, body, uses) {
    const name = this.random.chance(0.1) ? `${this.random.pick(["type", "fragment", "query"])}${this.fragments.length}` : `F${this.fragments.length}`;
    this.fragments.push({ name, on, uses: new Set(uses), text: `fragment ${name} on ${on} ${body}` });
    return name;
  }

  selections(type, depth, keys, withIntrospection = false) {
    const { random } = this;
    const fields = Object.values(type.getFields?.() ?? {}).filter(
      (field) => !isProposal(type, field) && (depth < 5 || !isCompositeType(getNamedType(field.type))),
    );
    const made = [];
    const count = 1 + random.below(depth === 0 ? 5 : 4);
    for (let number = 0; number < count; number++) {
      this.left--;
      const style = random.below(100);
      if (made.length && style < 8) made.push(random.pick(made));
      else if (style < 16 || fields.length === 0) made.push(this.field(type, TypeNameMetaFieldDef, depth, keys));
      else if (style < 30 && depth < 6) made.push(this.inline(type, depth, keys));
      else if (style < 40 && depth < 6) made.push(this.spread(type, depth, keys));
      else if (style < 42 && withIntrospection)
        made.push(this.field(type, random.pick([SchemaMetaFieldDef, TypeMetaFieldDef]), 3, keys));
      else made.push(this.field(type, this.pickField(fields), depth, keys));
    }
    return `{ ${made.join(random.pick([" ", " ", ", ", "\n"]))} }`;
  }

  /** Picks a field. In a document that is long enough, picks a leaf if there is one. */
  pickField(fields) {
    const leaves = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    return this.random.pick(this.left < 0 && leaves.length ? leaves : fields);
  }

  field(type, field, depth, keys, directives = 0.12) {
    const { random } = this;
    const args = field.args
      .filter((arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || random.chance(0.6))
      .filter(() => !random.chance(this.wrong / 2))
      .map((arg) => {
        if (field === TypeMetaFieldDef) return `name: "${random.pick(Object.keys(this.schema.getTypeMap()))}"`;
        const hasDefault = arg.defaultValue !== undefined;
        return `${arg.name}: ${this.values.literal(arg.type, { wrong: this.wrong, hasDefault, variable: (...of) => this.variable(...of) })}`;
      });
    const signature = `${field.name}(${args})${field.type}`;
    let alias = random.chance(0.12) ? random.pick(NAMES) : undefined;
    const seen = keys.get(alias ?? field.name);
    if (seen && seen.signature !== signature) alias = `k${keys.size}`;
    if (args.length && random.chance(0.5)) alias ??= `k${keys.size}`;
    const key = alias ?? field.name;
    if (!keys.has(key)) keys.set(key, { signature, keys: new Map() });
    const of = getNamedType(field.type);
    const inner = isCompositeType(of) ? ` ${this.selections(of, depth + 1, keys.get(key).keys)}` : "";
    return `${alias ? `${alias}: ` : ""}${field.name}${args.length ? `(${args.join(", ")})` : ""}${this.directives(directives)}${inner}`;
  }

  /** Returns a type that has objects in common with this type. */
  overlapping(type) {
    const concrete = (of) => (isAbstractType(of) ? this.schema.getPossibleTypes(of) : [of]);
    const here = new Set(concrete(type));
    const all = Object.values(this.schema.getTypeMap()).filter(
      (other) => isCompositeType(other) && !other.name.startsWith("__") && concrete(other).some((one) => here.has(one)),
    );
    return all.length === 0 || this.random.chance(0.3) ? type : this.random.pick(all);
  }

  inline(type, depth, keys) {
    const bare = this.random.chance(0.25);
    const on = bare ? type : this.overlapping(type);
    return `...${bare ? "" : ` on ${on.name}`}${this.directives(0.2)} ${this.selections(on, depth + 1, keys)}`;
  }

  spread(type, depth, keys) {
    const { random } = this;
    const on = this.overlapping(type);
    const known = this.fragments.filter((fragment) => fragment.on === on.name);
    let name = known.length && random.chance(0.5) ? random.pick(known).name : undefined;
    if (!name) {
      const uses = this.uses;
      this.uses = new Set();
      const body = this.selections(on, depth + 1, keys);
      name = this.addFragment(on.name, body, this.uses);
      this.uses = uses;
    }
    this.uses.add(`...${name}`);
    return `...${name}${this.directives(0.2)}`;
  }

  directives(probability) {
    const { random } = this;
    if (!random.chance(probability)) return "";
    const one = (name) => {
      const type = this.schema.getDirective(name).args[0].type;
      const value = this.variable(type, false, 0.5) ?? random.pick(["true", "false"]);
      return ` @${name}(if: ${value})`;
    };
    return random.chance(0.15) ? one("skip") + one("include") : one(random.pick(["skip", "include"]));
  }

  /** Returns an existing or a new variable for this place, or `undefined`. */
  variable(type, hasDefault, probability = 0.3) {
    const { random } = this;
    if (!isInputType(type) || !random.chance(probability)) return undefined;
    const known = [...this.variables].filter(([, of]) => `${of.place}` === `${type}`);
    let name = known.length && random.chance(0.4) ? random.pick(known)[0] : undefined;
    if (!name) {
      name = random.chance(0.1) ? `${random.pick(NAMES)}${this.variables.size}` : `v${this.variables.size}`;
      this.variables.set(name, { place: type, ...this.variableType(type, hasDefault) });
    }
    this.uses.add(`$${name}`);
    return `$${name}`;
  }

  /** Returns the type of a variable. It may be stricter than its place, or less strict if there is a default. */
  variableType(type, hasDefault) {
    const { random } = this;
    const initial = (of, probability) => (random.chance(probability) ? this.values.literal(of, { wrong: this.wrong }) : undefined);
    if (isNonNullType(type)) {
      if (hasDefault && random.chance(0.5)) return { type: `${type.ofType}`, of: type.ofType, initial: initial(type.ofType, 0.3) };
      if (random.chance(0.3)) return { type: `${type.ofType}`, of: type.ofType, initial: this.values.literal(type, { wrong: this.wrong }) };
      return { type: `${type}`, of: type, initial: initial(type, 0.15) };
    }
    if (random.chance(0.2)) return { type: `${type}!`, of: { ofType: type, strict: true }, initial: undefined };
    return { type: `${type}`, of: type, initial: initial(type, 0.35) };
  }

  /** Returns the variables of a document as JSON text. Each is present, null, absent or wrong. */
  variablesText(variables) {
    const { random } = this;
    const entries = [...variables].flatMap(([name, { type, of, initial }]) => {
      const required = type.endsWith("!") && initial === undefined;
      if (random.chance(required ? 0.03 : 0.35)) return [];
      const value = of.strict ? this.values.jsonOf(of.ofType, { wrong: this.wrong, depth: 1 }) : this.values.json(of, { wrong: this.wrong });
      return [`${JSON.stringify(name)}:${value}`];
    });
    if (random.chance(0.05)) entries.push('"extra":[1]');
    return `{${entries.join(",")}}`;
  }
}
