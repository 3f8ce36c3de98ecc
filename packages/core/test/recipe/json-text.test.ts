import { describe, expect, it } from 'vitest';
import {
  createProblemList,
  forEachElement,
  forEachMember,
  readJsonText,
  valueOf,
  type JsonNode,
} from '../../src/index.ts';

describe('places in a JSON text', () => {
  const text = '{"a": [1, {"b": []}, "x,]"], "__proto__": []}';
  const json = readJsonText(text, createProblemList());

  function member(name: string): JsonNode {
    const found: JsonNode[] = [];
    forEachMember(text, json.root, (other, _, value) => {
      if (other === name) found.push(value);
    });
    const [node] = found;
    if (node === undefined) throw new Error(name);
    return node;
  }

  it('the elements of an array are visited in order, with their kinds and places', () => {
    const elements: unknown[] = [];
    forEachElement(text, member('a'), (element) => {
      elements.push([element.kind, valueOf(text, element), json.positionAt(element.start).column]);
    });
    expect(elements).toEqual([
      ['literal', 1, 8],
      ['object', { b: [] }, 11],
      ['literal', 'x,]', 22],
    ]);
  });

  it('an empty array has none', () => {
    forEachElement(text, member('__proto__'), () => {
      throw new Error('visited');
    });
    expect(member('__proto__').kind).toBe('array');
  });
});
