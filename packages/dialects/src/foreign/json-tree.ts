import {
  forEachElement,
  forEachMember,
  valueOf,
  type JsonNode as Place,
  type JsonText,
  type JsonValue,
  type TextPosition,
} from '@fewbit/core';

/** A JSON value with the places of its parts, in the order of the text. Foreign recipes are small next to torchao's. */
export type JsonNode = JsonObjectNode | JsonArrayNode | JsonLiteralNode;

export interface JsonObjectNode {
  readonly kind: 'object';
  readonly position: TextPosition;
  readonly members: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  /** Of the name. */
  readonly position: TextPosition;
  readonly value: JsonNode;
}

export interface JsonArrayNode {
  readonly kind: 'array';
  readonly position: TextPosition;
  readonly elements: readonly JsonNode[];
}

export interface JsonLiteralNode {
  readonly kind: 'literal';
  readonly position: TextPosition;
  readonly value: null | boolean | number | string;
}

/** The whole text as a tree; of two members with one name the first stands. */
export function treeOf(json: JsonText): JsonNode {
  return nodeAt(json, json.root);
}

function nodeAt(json: JsonText, place: Place): JsonNode {
  const position = json.positionAt(place.start);
  switch (place.kind) {
    case 'object': {
      const members: Map<string, JsonMember> = new Map();
      forEachMember(json.text, place, (name, { start }, value) => {
        if (!members.has(name)) members.set(name, { position: json.positionAt(start), value: nodeAt(json, value) });
      });
      return { kind: 'object', position, members };
    }
    case 'array': {
      const elements: JsonNode[] = [];
      forEachElement(json.text, place, (element) => elements.push(nodeAt(json, element)));
      return { kind: 'array', position, elements };
    }
    case 'literal': {
      const value = valueOf(json.text, place);
      return { kind: 'literal', position, value: typeof value === 'object' ? null : value };
    }
  }
}

/** The plain value of a node. A member called `__proto__` stays an ordinary member. */
export function toJsonValue(node: JsonNode): JsonValue {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'array':
      return node.elements.map(toJsonValue);
    case 'object':
      return Object.fromEntries(Array.from(node.members, ([name, { value }]) => [name, toJsonValue(value)]));
  }
}
