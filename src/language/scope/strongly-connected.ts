/**
 * Strongly connected components of a graph in dependency order (what a node points to comes before it),
 * in linear time and without recursion. A component of more than one node is a cycle.
 */
export function stronglyConnected<Node>(
  roots: readonly Node[],
  targetsOf: (node: Node) => readonly Node[],
): Node[][] {
  const components: Node[][] = [];
  const found = new Map<Node, { readonly index: number; low: number; open: boolean }>();
  const path: Node[] = [];
  type Frame = { readonly node: Node; readonly targets: Iterator<Node> };
  const frames: Frame[] = [];

  const enter = (node: Node): void => {
    found.set(node, { index: found.size, low: found.size, open: true });
    path.push(node);
    frames.push({ node, targets: targetsOf(node).values() });
  };
  const lower = (node: Node, low: number): void => {
    const mark = found.get(node);
    if (mark && low < mark.low) mark.low = low;
  };

  for (const root of roots) {
    if (!found.has(root)) enter(root);
    for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
      const next = frame.targets.next();
      if (!next.done) {
        const mark = found.get(next.value);
        if (!mark) enter(next.value);
        else if (mark.open) lower(frame.node, mark.index);
        continue;
      }
      frames.pop();
      const mark = found.get(frame.node);
      const parent = frames.at(-1);
      if (mark && parent) lower(parent.node, mark.low);
      if (mark && mark.low === mark.index) {
        const component = path.splice(path.lastIndexOf(frame.node));
        for (const member of component) {
          const memberMark = found.get(member);
          if (memberMark) memberMark.open = false;
        }
        components.push(component);
      }
    }
  }
  return components;
}
