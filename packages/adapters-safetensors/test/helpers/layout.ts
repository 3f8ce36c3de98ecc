import type { Dtype, JsonObject, Layout, OutputTensor, PlannedOutput, QuantizedForm } from '@fewbit/core';

export function plain(name: string, dtype: Dtype = 'BF16', shape: readonly number[] = [4]): OutputTensor {
  return { parameter: { name, dtype, shape }, quantizer: null };
}

export const INT8_ATTRIBUTES: JsonObject = {
  act_quant_kwargs: null,
  reduce_range: false,
  block_size: [1, 16],
  dtype: { _type: 'torch.dtype', _data: 'float32' },
};

/** As Int8WeightOnlyConfig makes them, in the order of torchao's component names; `other` says what is different. */
export function int8(name: string, rows = 4, other: Partial<QuantizedForm> = {}): OutputTensor {
  return {
    parameter: { name, dtype: 'F32', shape: [rows, 16] },
    quantizer: {
      tensorClass: 'Int8Tensor',
      attributes: INT8_ATTRIBUTES,
      components: [
        { name: 'zero_point', dtype: 'I8', shape: [rows, 1] },
        { name: 'qdata', dtype: 'I8', shape: [rows, 16] },
        { name: 'scale', dtype: 'F32', shape: [rows, 1] },
      ],
      ...other,
    },
  };
}

/** Where the components of the first `count` tensors go. */
export function placesOf({ outputsOf }: Layout, count: number): readonly (readonly PlannedOutput[])[] {
  return Array.from({ length: count }, (_, tensor) => outputsOf(tensor));
}

/** The JSON text of a file's header, without its padding. */
export function headerText(layout: Layout, file = 0): string {
  return new TextDecoder().decode(layout.files[file]?.head.subarray(8)).trimEnd();
}

/** The files of a layout, every byte of data being `fill`. */
export function filesOf(layout: Layout, fill = 0): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map(
    layout.files.map(({ name, byteLength, head }) => {
      const bytes = new Uint8Array(byteLength).fill(fill);
      bytes.set(head);
      return [name, bytes];
    }),
  );
}
