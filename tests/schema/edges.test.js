// The nodes of all edges can be fetched by their ID, except those that depend on the arguments of the connection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { read } from './sources.js';

/** A search result depends on the query. Its conversation and message implement `Node`. */
const DEPENDENT = ['SearchHit'];

test('the node of each edge implements Node', () => {
  const types = Object.values(buildSchema(read('schema.graphql')).getTypeMap());
  const edges = types.filter((type) => isObjectType(type) && type.name.endsWith('Edge'));
  assert.notEqual(edges.length, 0);
  const others = edges
    .map((edge) => getNamedType(edge.getFields().node.type))
    .filter((node) => !(isObjectType(node) || isInterfaceType(node)) || !node.getInterfaces().some(({ name }) => name === 'Node'))
    .map(({ name }) => name);
  assert.deepEqual(others, DEPENDENT);
});
