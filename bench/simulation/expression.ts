/** An item of the table in memory. */
export type Attributes = Record<string, unknown>;

type Scope = {
  readonly item: Attributes;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
};

type Condition = (scope: Scope) => boolean;

const conditions = new Map<string, Condition>();

/** Whether DynamoDB's condition holds: comparisons and existence, with AND, OR and parentheses. */
export function holds(text: string, scope: Scope): boolean {
  let condition = conditions.get(text);
  if (condition === undefined) {
    condition = parse(text.match(/[#:]?[A-Za-z_]\w*|<=|>=|<>|[()<>=,]/g) ?? []);
    conditions.set(text, condition);
  }
  return condition(scope);
}

/** The item after `SET`, `REMOVE` and `ADD`, each with its list. */
export function changed(text: string, scope: Scope): Attributes {
  const next = { ...scope.item };
  for (const [, verb, list] of text.matchAll(/(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)/g)) {
    for (const part of list?.split(",") ?? []) {
      const [name = "", value = ""] = part.trim().split(/\s*=\s*|\s+/);
      const attribute = attributeOf(name, scope);
      if (verb === "REMOVE") delete next[attribute];
      if (verb === "SET") next[attribute] = scope.values[value];
      if (verb === "ADD") {
        next[attribute] = Number(next[attribute] ?? 0) + Number(scope.values[value]);
      }
    }
  }
  return next;
}

function attributeOf(name: string, { names }: Pick<Scope, "names">): string {
  return names[name] ?? name;
}

/** By recursive descent; AND binds closer than OR. */
function parse(tokens: readonly string[]): Condition {
  let position = 0;
  const take = (): string => tokens[position++] ?? "";
  const either = (): Condition => {
    let left = both();
    while (tokens[position] === "OR") {
      position += 1;
      const [first, second] = [left, both()];
      left = (scope) => first(scope) || second(scope);
    }
    return left;
  };
  const both = (): Condition => {
    let left = one();
    while (tokens[position] === "AND") {
      position += 1;
      const [first, second] = [left, one()];
      left = (scope) => first(scope) && second(scope);
    }
    return left;
  };
  const one = (): Condition => {
    const token = take();
    if (token === "(") {
      const inner = either();
      take();
      return inner;
    }
    if (token === "attribute_exists" || token === "attribute_not_exists") {
      take();
      const name = take();
      take();
      const wanted = token === "attribute_exists";
      return (scope) => (scope.item[attributeOf(name, scope)] !== undefined) === wanted;
    }
    const operator = take();
    const value = take();
    return (scope) => compare(scope.item[attributeOf(token, scope)], operator, scope.values[value]);
  };
  const condition = either();
  if (position !== tokens.length) throw new Error(`cannot read the rest of ${tokens.join(" ")}`);
  return condition;
}

/** DynamoDB compares values of one type only. */
function compare(left: unknown, operator: string, right: unknown): boolean {
  if (operator === "=") return left === right;
  if (operator === "<>") return left !== right;
  const comparable =
    (typeof left === "number" && typeof right === "number") ||
    (typeof left === "string" && typeof right === "string");
  if (!comparable) return false;
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  if (operator === ">") return left > right;
  if (operator === ">=") return left >= right;
  throw new Error(`the comparison ${operator} is not known here`);
}
