import { graphStratify, grid, laneGreedy } from 'd3-dag';

/** The history in numbers: for each row, newest first, the rows of its parents below it. */
export interface LayoutInput {
  readonly parents: readonly (readonly number[])[];
}

/** Where it is drawn, in lanes and rows: of each row its lane; of each line its points, as pairs in one flat array. */
export interface Layout {
  readonly lanes: readonly number[];
  readonly width: number;
  readonly links: readonly (readonly number[])[];
}

/** Give every revision a row and a lane (d3-dag's grid layout, which is made for histories). */
export function layOut({ parents }: LayoutInput): Layout {
  if (parents.length === 0) return { lanes: [], width: 0, links: [] };
  const children = parents.map((): string[] => []);
  parents.forEach((list, row) => list.forEach((parent) => children[parent]?.push(String(row))));
  const dag = graphStratify()(children.map((parentIds, row) => ({ id: String(row), parentIds })));
  const layout = grid()
    .nodeSize([1, 1])
    .gap([0, 0])
    .rank((node: { data: { id: string } }) => Number(node.data.id))
    .lane(laneGreedy().topDown(true).compressed(true));
  const { width } = layout(dag);
  const lanes = new Array<number>(parents.length).fill(0);
  for (const node of dag.nodes()) lanes[Number(node.data.id)] = node.x - 0.5;
  const links = [...dag.links()].map((link) => link.points.flatMap(([x, y]) => [x - 0.5, y - 0.5]));
  return { lanes, width, links };
}
