import { GROUP_SIZE, type Problem } from './problem.ts';
import { encode, type Message } from './protobuf.ts';

// Numbers of onnx.proto's fields and of its TensorProto.DataType.
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const ATTRIBUTE_INT = 2;
const CONTRIBUTED = 'com.microsoft';

/** One MatMulNBits node: 4-bit codes in groups along K, the kernel's own zero point of 8. */
export function matMulNBits(problem: Problem, accuracyLevel: 0 | 4): Uint8Array {
  const { outFeatures, inFeatures, codes, scales } = problem;
  // The first of two columns lies in the low half.
  const packed = new Uint8Array(codes.length / 2).map(
    (_, at) => ((codes[2 * at] ?? 0) + 8) | (((codes[2 * at + 1] ?? 0) + 8) << 4),
  );
  const blocks = inFeatures / GROUP_SIZE;
  return model(problem, {
    operation: 'MatMulNBits',
    domain: CONTRIBUTED,
    inputs: ['x', 'b', 's'],
    attributes: { K: inFeatures, N: outFeatures, bits: 4, block_size: GROUP_SIZE, accuracy_level: accuracyLevel },
    initializers: [
      tensor('b', UINT8, [outFeatures, blocks, GROUP_SIZE / 2], packed),
      tensor('s', FLOAT, [outFeatures * blocks], bytesOf(scales)),
    ],
    from: FLOAT,
    to: FLOAT,
  });
}

/** One DynamicQuantizeMatMul node: activations get 8 bits as a whole, weights a scale for each out feature. */
export function dynamicQuantizeMatMul(problem: Problem): Uint8Array {
  return model(problem, {
    operation: 'DynamicQuantizeMatMul',
    domain: CONTRIBUTED,
    inputs: ['x', 'b', 's'],
    attributes: {},
    initializers: [columns(problem), tensor('s', FLOAT, [problem.outFeatures], bytesOf(problem.scales))],
    from: FLOAT,
    to: FLOAT,
  });
}

/** One MatMulInteger node, from u8 activations with a zero point of 128 to integers: less than a layer does. */
export function matMulInteger(problem: Problem): Uint8Array {
  return model(problem, {
    operation: 'MatMulInteger',
    domain: '',
    inputs: ['x', 'b', 'z'],
    attributes: {},
    initializers: [columns(problem), tensor('z', UINT8, [], Uint8Array.of(128))],
    from: UINT8,
    to: INT32,
  });
}

/** The weights as ONNX has them, [K, N]. */
function columns({ codes, outFeatures, inFeatures }: Problem): Message {
  const turned = new Uint8Array(codes.length);
  for (let n = 0; n < outFeatures; n += 1)
    for (let k = 0; k < inFeatures; k += 1) turned[k * outFeatures + n] = codes[n * inFeatures + k] ?? 0;
  return tensor('b', INT8, [inFeatures, outFeatures], turned);
}

interface Node {
  readonly operation: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, number>>;
  readonly initializers: readonly Message[];
  /** Data types of x and y. */
  readonly from: number;
  readonly to: number;
}

function model({ rows, inFeatures, outFeatures }: Problem, node: Node): Uint8Array {
  const attributes = Object.entries(node.attributes).map(([name, value]): Message => [
    [1, name],
    [3, value],
    [20, ATTRIBUTE_INT],
  ]);
  const nodeProto: Message = [
    ...node.inputs.map((name) => [1, name] as const),
    [2, 'y'],
    [4, node.operation],
    ...attributes.map((attribute) => [5, attribute] as const),
    [7, node.domain],
  ];
  const graph: Message = [
    [1, nodeProto],
    [2, 'graph'],
    ...node.initializers.map((initializer) => [5, initializer] as const),
    [11, valueInfo('x', node.from, [rows, inFeatures])],
    [12, valueInfo('y', node.to, [rows, outFeatures])],
  ];
  const operators = (domain: string, version: number): Message => [
    [1, domain],
    [2, version],
  ];
  return encode([
    [1, 8],
    [7, graph],
    [8, operators('', 17)],
    [8, operators(CONTRIBUTED, 1)],
  ]);
}

function tensor(name: string, dataType: number, shape: readonly number[], raw: Uint8Array): Message {
  return [...shape.map((extent) => [1, extent] as const), [2, dataType], [8, name], [9, raw]];
}

function valueInfo(name: string, dataType: number, shape: readonly number[]): Message {
  const dimensions = shape.map((extent) => [1, [[1, extent]]] as const);
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, dataType],
            [2, dimensions],
          ],
        ],
      ],
    ],
  ];
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
