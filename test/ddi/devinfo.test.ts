import { expect, it } from 'vitest';
import { DDI_FAILURE, ddi_slaveonly } from '../../src/index.js';
import { bareSystem } from '../support/system.js';

it('sits where it can master the bus', () => {
  const { dip } = bareSystem();
  expect(ddi_slaveonly(dip)).toBe(DDI_FAILURE);
  expect(() => ddi_slaveonly({} as typeof dip)).toThrow(/ddi_slaveonly: dip must be a node/);
});
